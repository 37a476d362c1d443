using System.Diagnostics;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Tests;
using Temper.Storage.Folder;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>The worker against a real registry over HTTP.</summary>
public sealed class WorkerTests
{
    private static readonly ResourceName Name = ResourceName.Parse("shelf");

    [Fact]
    public async Task An_upload_over_HTTP_becomes_a_sealed_version_under_the_trace_of_the_upload()
    {
        using var spans = new Spans();
        await using var running = await Running.StartAsync();
        using var upload = new Activity("upload").Start();
        var receipt = await running.PutAsync(Uploads.Lines([.. Uploads.Chats(199), "broken"]));
        upload.Stop();
        var version = await running.VersionAsync(1);
        Assert.Equal((true, new Ledger(200, 199, 1, 0, 0)), (version.Sealed, version.Ledger));
        Assert.Equal(["REC_INVALID_JSON"], (await running.Registry.Client.Datasets.QuarantineAsync(Name, 1, null, default)).Items.Select(e => e.Code));
        Assert.Equal(receipt.Work, version.Work);
        var ingest = await spans.EndedAsync("ingest");
        Assert.Equal(upload.TraceId, ingest.TraceId);
        Assert.All((string[])["ingest.register", "ingest.validate", "ingest.dedup", "ingest.seal"], name => Assert.Contains(spans.All, s => s.OperationName == name && s.TraceId == ingest.TraceId));
    }

    [Fact]
    public async Task A_rejected_upload_shows_its_ledger_and_its_reasons()
    {
        await using var running = await Running.StartAsync();
        await running.PutAsync(Uploads.Lines([.. Uploads.Chats(9), "broken"]));
        var version = await running.VersionAsync(1);
        Assert.False(version.Sealed);
        Assert.Equal(new Ledger(10, 9, 1, 0, 0), version.Ledger);
        Assert.Equal(["DATA_TOO_MANY_BAD", "REC_INVALID_JSON"], version.Problems.Select(p => p.Code));
    }

    [Fact]
    public async Task Where_no_format_agrees_a_rejected_version_says_so_at_once_and_the_worker_goes_on()
    {
        await using var running = await Running.StartAsync();
        var mixed = await running.PutAsync(Uploads.Lines([.. Uploads.Chats(3), """{"text":"t"}"""]));
        var failed = await running.EndedAsync(mixed.Work!.Value);
        Assert.Equal((WorkState.Completed, 1, true), (failed.State, failed.Attempt, failed.Rejected));
        var rejected = await running.VersionAsync(1);
        Assert.Equal((false, "FMT_AMBIGUOUS"), (rejected.Sealed, rejected.Problems[0].Code));
        Assert.NotNull(await running.Registry.Client.Datasets.ReportAsync(Name, 1, default));
        await running.PutAsync(Uploads.Lines(Uploads.Chats(5)));
        Assert.True((await running.VersionAsync(2)).Sealed);
    }

    [Fact]
    public async Task A_file_that_is_written_over_between_its_upload_and_its_ingestion_is_not_taken_for_what_was_uploaded()
    {
        await using var running = await Running.StartAsync(workers: 0);
        var receipt = await running.PutAsync(Uploads.Lines(Uploads.Chats(5)));
        var blobs = new FolderBlobStore(running.Registry.Options.Blobs, TimeProvider.System);
        var found = Assert.Single(await blobs.ListAsync("uploads/", default).Where(b => b.Size > 0 && !b.Key.Name.StartsWith('_')).ToListAsync());
        await blobs.ReplaceAsync(found.Key, Uploads.Lines(Uploads.Chats(5, from: 5)), found.ETag, default);
        using var stop = new CancellationTokenSource();
        var work = running.WorkAsync(stop.Token);
        var failed = await running.EndedAsync(receipt.Work!.Value);
        Assert.Equal((WorkState.Failed, "SRC_CHANGED"), (failed.State, failed.Errors[0].Code));
        await stop.CancelAsync();
        await work;
    }

    [Fact]
    public async Task A_worker_that_stops_hands_its_row_to_the_next()
    {
        await using var running = await Running.StartAsync(workers: 0);
        await running.PutAsync(Uploads.Lines(Uploads.Chats(50)));
        using (var stopped = new CancellationTokenSource())
        using (var spans = new Spans(started: name => { if (name == "ingest.validate") stopped.Cancel(); }))
            await running.WorkAsync(stopped.Token).WaitAsync(TimeSpan.FromSeconds(30));
        using var stop = new CancellationTokenSource();
        var next = running.WorkAsync(stop.Token);
        Assert.Equal(50, (await running.VersionAsync(1)).Ledger.Accepted);
        await stop.CancelAsync();
        await next;
    }

    [Fact]
    public async Task A_worker_stopped_while_it_claims_hands_its_row_to_the_next()
    {
        await using var running = await Running.StartAsync(workers: 0);
        await running.PutAsync(Uploads.Lines(Uploads.Chats(5)));
        using (var stopped = new CancellationTokenSource())
        using (var spans = new Spans(started: name => { if (name == "Microsoft.AspNetCore.Hosting.HttpRequestIn") stopped.Cancel(); }))
            await running.WorkAsync(stopped.Token).WaitAsync(TimeSpan.FromSeconds(30));
        using var stop = new CancellationTokenSource();
        var next = running.WorkAsync(stop.Token);
        Assert.Equal(5, (await running.VersionAsync(1)).Ledger.Accepted);
        await stop.CancelAsync();
        await next;
    }

    [Fact]
    public async Task A_worker_whose_turns_are_short_hands_its_row_back_as_progress_until_it_is_done()
    {
        await using var running = await Running.StartAsync(workers: 0);
        var receipt = await running.PutAsync(Uploads.Lines(Uploads.Chats(60)));
        using var stop = new CancellationTokenSource();
        var work = running.WorkAsync(stop.Token, new() { SliceBytes = 2000, LongestTurn = TimeSpan.Zero, Attempts = 1 });
        var version = await running.VersionAsync(1);
        Assert.Equal(60, version.Ledger.Accepted);
        var ended = await running.EndedAsync(receipt.Work!.Value);
        Assert.Equal(WorkState.Completed, ended.State);
        Assert.True(ended.Attempt > 4, $"{ended.Attempt} claims");
        await stop.CancelAsync();
        await work;
    }

    [Fact]
    public async Task Two_clients_at_once_make_one_version_of_the_same_content_and_two_of_different()
    {
        await using var running = await Running.StartAsync();
        using var stop = new CancellationTokenSource();
        var second = running.WorkAsync(stop.Token);
        var receipts = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => running.PutAsync(Uploads.Lines(Uploads.Chats(20, i % 2 * 20)))));
        foreach (var receipt in receipts)
            Assert.Equal(WorkState.Completed, (await running.EndedAsync(receipt.Work!.Value)).State);
        var versions = (await running.Registry.Client.Datasets.VersionsAsync(Name, null, default))!.Items;
        Assert.Equal(2, versions.Count);
        Assert.All(versions, v => Assert.Equal((true, new Ledger(20, 20, 0, 0, 0)), (v.Sealed, v.Ledger)));
        await stop.CancelAsync();
        await second;
    }

    [Fact]
    public async Task A_zombie_with_an_old_fence_cannot_end_the_row_that_another_worker_has()
    {
        await using var running = await Running.StartAsync(workers: 0);
        var receipt = await running.PutAsync(Uploads.Lines(Uploads.Chats(10)));
        var work = running.Registry.Client.Work;
        var zombie = (await work.ClaimAsync(new("zombie", [WorkKind.Ingest], 1, 0), default))!;
        await Task.Delay(TimeSpan.FromSeconds(1.3));
        using var stop = new CancellationTokenSource();
        var other = running.WorkAsync(stop.Token);
        Assert.Equal(10, (await running.VersionAsync(1)).Ledger.Accepted);
        Assert.Equal(WorkState.Completed, (await running.EndedAsync(receipt.Work!.Value)).State);
        foreach (var state in (WorkState[])[WorkState.Failed, WorkState.Queued])
            Assert.Equal("lease_lost", (await Assert.ThrowsAsync<TemperException>(() => work.FinishAsync(zombie.Id, new(zombie.Fence, state, null, null), default))).Code);
        Assert.Single((await running.Registry.Client.Datasets.VersionsAsync(Name, null, default))!.Items);
        await stop.CancelAsync();
        await other;
    }

    [Fact]
    public async Task A_row_that_can_never_be_ingested_ends_with_its_reason_and_the_others_flow()
    {
        await using var running = await Running.StartAsync(workers: 0);
        var poison = await running.PutAsync(Uploads.Lines(Uploads.Chats(5)));
        var store = new FolderBlobStore(running.Registry.Options.Blobs, TimeProvider.System);
        foreach (var blob in await store.ListAsync("uploads/", default).ToListAsync())
            await store.DeleteAsync(blob.Key, null, default);
        var sound = await running.PutAsync(Uploads.Lines(Uploads.Chats(6)));
        using var stop = new CancellationTokenSource();
        var worker = running.WorkAsync(stop.Token);
        var ended = await running.EndedAsync(poison.Work!.Value);
        Assert.Equal((WorkState.Failed, 1), (ended.State, ended.Attempt));
        Assert.NotEmpty(ended.Errors);
        Assert.Equal(WorkState.Completed, (await running.EndedAsync(sound.Work!.Value)).State);
        await stop.CancelAsync();
        await worker;
    }

    private sealed class Spans : IDisposable
    {
        private readonly ActivityListener _listener;

        public Spans(Action<string>? started = null)
        {
            _listener = new()
            {
                // A host listens to the web server's source, too; that is what carries the trace from the request into the row.
                ShouldListenTo = s => s.Name is IngestTelemetry.Name or "Microsoft.AspNetCore",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStarted = span => started?.Invoke(span.OperationName),
                ActivityStopped = Ended.Add,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        private System.Collections.Concurrent.ConcurrentBag<Activity> Ended { get; } = [];

        public IEnumerable<Activity> All => Ended;

        public async Task<Activity> EndedAsync(string name)
        {
            for (var tries = 0; tries < 1200; tries++, await Task.Delay(50))
            {
                if (Ended.FirstOrDefault(s => s.OperationName == name) is { } found)
                    return found;
            }
            throw new TimeoutException(name);
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly TempFolder _folder = new();
        private readonly CancellationTokenSource _stop = new();
        private Task _worker = Task.CompletedTask;

        public required RegistryHost Registry { get; init; }

        public static async Task<Running> StartAsync(int workers = 1)
        {
            var registry = await RegistryHost.StartAsync();
            var running = new Running { Registry = registry };
            if (workers > 0)
                running._worker = running.WorkAsync(running._stop.Token);
            return running;
        }

        public async Task WorkAsync(CancellationToken ct, IngestOptions? options = null)
        {
            using var client = Registry.NewClient();
            await new IngestWorker(client, new RegistryDoorbell(client), new FolderBlobStore(Registry.Options.Blobs, TimeProvider.System), options ?? new(), TimeProvider.System).RunAsync(ct);
        }

        public Task<UploadReceipt> PutAsync(byte[] bytes) => Registry.Client.Uploads.PutAsync(Name, "a.jsonl", () => new MemoryStream(bytes), default);

        public async Task<DatasetVersionInfo> VersionAsync(int version)
        {
            for (var tries = 0; tries < 1200; tries++, await Task.Delay(50))
            {
                if (await Registry.Client.Datasets.FindAsync(Name, version, default) is { } found)
                    return found;
            }
            throw new TimeoutException($"no version {version}");
        }

        public async Task<JobInfo> EndedAsync(WorkId work)
        {
            for (var tries = 0; tries < 1200; tries++, await Task.Delay(50))
            {
                if (await Registry.Client.Jobs.FindAsync(work, default) is { State: WorkState.Failed or WorkState.Completed or WorkState.Cancelled } ended)
                    return ended;
            }
            throw new TimeoutException($"{work} did not end");
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _worker;
            await Registry.DisposeAsync();
            _stop.Dispose();
            _folder.Dispose();
        }
    }
}

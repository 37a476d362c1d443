using System.Collections.Concurrent;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>What every worker is made of, against a real registry: the loop that claims and the keeper of a lease.</summary>
public sealed class WorkerTests
{
    [Fact]
    public async Task A_kept_lease_outlives_its_seconds_many_times_over()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest, lease: 1))!;
        await using (var keeper = new LeaseKeeper(host.Client, claim, TimeProvider.System, None))
        {
            keeper.Progress(0.5, "validate");
            Assert.Null(await host.ClaimAsync(WorkKind.Ingest, wait: 4));
            Assert.False(keeper.Stop.IsCancellationRequested);
            Assert.Equal(("validate", 0.5), (await host.Client.Jobs.FindAsync(claim.Id, None)) is { } job ? (job.Phase, job.Progress) : default);
        }
        Assert.Equal(claim.Id, (await host.ClaimAsync(WorkKind.Ingest, wait: 10))!.Id);
    }

    [Fact]
    public async Task Somebody_who_cancels_stops_the_work_within_a_heartbeat()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest, lease: 3))!;
        await using var keeper = new LeaseKeeper(host.Client, claim, TimeProvider.System, None);
        await host.Client.Jobs.CancelAsync(claim.Id, None);
        await StoppedAsync(keeper);
        Assert.Equal((true, false), (keeper.CancelRequested, keeper.Lost));
        await keeper.FinishAsync(WorkState.Cancelled, null, null, None);
        Assert.Equal(WorkState.Cancelled, (await host.Client.Jobs.FindAsync(claim.Id, None))!.State);
    }

    [Fact]
    public async Task A_worker_that_slept_through_its_lease_is_told_that_it_lost_it()
    {
        await using var host = await RegistryHost.StartAsync();
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest, lease: 1))!;
        var other = (await host.ClaimAsync(WorkKind.Ingest, wait: 10))!;
        await using var keeper = new LeaseKeeper(host.Client, claim, TimeProvider.System, None);
        await StoppedAsync(keeper);
        Assert.Equal((false, true), (keeper.CancelRequested, keeper.Lost));
        Assert.Equal("lease_lost", (await Assert.ThrowsAsync<TemperException>(() => keeper.FinishAsync(WorkState.Failed, null, null, None))).Code);
        Assert.Equal(2, other.Fence);
    }

    [Fact]
    public async Task A_worker_whose_key_was_changed_stops_when_its_lease_has_run_out()
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { ApiKey = "a key that is new today" });
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest, lease: 1))!;
        using var client = host.NewClient("a key that was yesterday's");
        await using var keeper = new LeaseKeeper(client, claim, TimeProvider.System, None);
        await StoppedAsync(keeper);
        Assert.True(keeper.Lost);
    }

    [Fact]
    public async Task The_loop_works_off_all_rows_one_after_another_also_those_that_come_later_and_stops_when_told()
    {
        await using var host = await RegistryHost.StartAsync();
        foreach (var name in (string[])["one", "two", "three"])
            await host.UploadDatasetAsync(name, "{}");
        using var stop = new CancellationTokenSource();
        var done = new ConcurrentQueue<string>();
        var atOnce = 0;
        var loop = new WorkLoop(host.Client, new RegistryDoorbell(host.Client), "tests", TimeSpan.FromSeconds(30), TimeProvider.System).RunAsync([WorkKind.Ingest], async (claim, ct) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref atOnce));
            await host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Failed, null, [new("internal", "not today")]), ct);
            done.Enqueue(claim.Payload.GetProperty("dataset").GetString()!);
            Interlocked.Decrement(ref atOnce);
        }, stop.Token);
        await UntilAsync(() => done.Count == 3);
        await host.UploadDatasetAsync("four", "{}");
        await UntilAsync(() => done.Count == 4);
        await stop.CancelAsync();
        await loop.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["one", "two", "three", "four"], done);
    }

    [Fact]
    public async Task A_worker_of_one_execution_takes_one_ring_works_off_all_rows_and_settles_the_ring_at_the_end()
    {
        await using var host = await RegistryHost.StartAsync();
        foreach (var name in (string[])["one", "two"])
            await host.UploadDatasetAsync(name, "{}");
        var heard = new List<string>();
        await new WorkLoop(host.Client, new ListeningBell(host.Client, heard), "tests", TimeSpan.FromSeconds(30), TimeProvider.System).DrainAsync([WorkKind.Ingest], async (claim, ct) =>
        {
            heard.Add(claim.Payload.GetProperty("dataset").GetString()!);
            await host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Failed, null, [new("internal", "not today")]), ct);
        }, TimeSpan.FromSeconds(1), None);
        Assert.Equal(["ring", "one", "two", "settled", "silence"], heard);
    }

    [Fact]
    public async Task A_worker_of_one_execution_takes_the_rings_of_all_that_it_worked_off_so_that_they_start_nobody()
    {
        await using var host = await RegistryHost.StartAsync();
        var bell = new QueueOfRings();
        foreach (var name in (string[])["one", "two", "three"])
            await bell.RingAsync(new((await host.UploadDatasetAsync(name, "{}")).Work!.Value, WorkKind.Ingest, 0), None);
        await new WorkLoop(host.Client, bell, "tests", TimeSpan.FromSeconds(30), TimeProvider.System).DrainAsync([WorkKind.Ingest], (claim, ct) =>
        {
            Assert.Equal((2, 1), (bell.Waiting.Count, bell.Held.Count));
            return host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Failed, null, [new("internal", "not today")]), ct);
        }, TimeSpan.FromSeconds(1), None);
        Assert.Equal((0, 0), (bell.Waiting.Count, bell.Held.Count));
    }

    [Fact]
    public async Task A_worker_of_one_execution_that_hears_nothing_of_its_bell_works_off_what_is_queued_and_then_says_so()
    {
        await using var host = await RegistryHost.StartAsync();
        var work = (await host.UploadDatasetAsync("one", "{}")).Work!.Value;
        using var gone = new RegistryClient(new Uri("http://127.0.0.1:9"), null, TimeSpan.Zero, TimeProvider.System);
        var loop = new WorkLoop(host.Client, new RegistryDoorbell(gone), "tests", TimeSpan.FromSeconds(30), TimeProvider.System);
        var error = await Assert.ThrowsAsync<TemperException>(() => loop.DrainAsync([WorkKind.Ingest], (claim, ct) =>
            host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Failed, null, [new("internal", "not today")]), ct), TimeSpan.FromSeconds(1), None));
        Assert.Equal("server_unreachable", error.Code);
        Assert.Equal(WorkState.Failed, (await host.Client.Jobs.FindAsync(work, None))!.State);
    }

    [Fact]
    public async Task A_worker_of_one_execution_that_is_stopped_leaves_no_ring_of_the_row_that_it_hands_back()
    {
        await using var host = await RegistryHost.StartAsync();
        var bell = new QueueOfRings();
        await bell.RingAsync(new((await host.UploadDatasetAsync("one", "{}")).Work!.Value, WorkKind.Ingest, 0), None);
        using var stop = new CancellationTokenSource();
        var loop = new WorkLoop(host.Client, bell, "tests", TimeSpan.FromSeconds(30), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop.DrainAsync([WorkKind.Ingest], async (claim, _) =>
        {
            await stop.CancelAsync();
            await host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Queued, null, null), None);
        }, TimeSpan.FromSeconds(1), stop.Token));
        Assert.Equal((0, 0), (bell.Waiting.Count, bell.Held.Count));
    }

    /// <summary>Messages that wait, and those that somebody holds until they are settled.</summary>
    private sealed class QueueOfRings : IDoorbell
    {
        public Queue<WorkRing> Waiting { get; } = new();

        public List<WorkRing> Held { get; } = [];

        public Task RingAsync(WorkRing ring, CancellationToken ct)
        {
            Waiting.Enqueue(ring);
            return Task.CompletedTask;
        }

        public Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct)
        {
            if (!Waiting.TryDequeue(out var ring))
                return Task.FromResult<WorkRing?>(null);
            Held.Add(ring);
            return Task.FromResult<WorkRing?>(ring);
        }

        public Task SettleAsync(WorkRing ring, CancellationToken ct)
        {
            Held.Remove(ring);
            return Task.CompletedTask;
        }
    }

    /// <summary>The registry's bell, and what was asked of it.</summary>
    private sealed class ListeningBell(RegistryClient registry, List<string> heard) : IDoorbell
    {
        private readonly RegistryDoorbell _bell = new(registry);

        public Task RingAsync(WorkRing ring, CancellationToken ct) => _bell.RingAsync(ring, ct);

        public async Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct)
        {
            var ring = await _bell.WaitAsync(kinds, atMost, ct);
            heard.Add(ring is null ? "silence" : "ring");
            return ring;
        }

        public Task SettleAsync(WorkRing ring, CancellationToken ct)
        {
            heard.Add("settled");
            return _bell.SettleAsync(ring, ct);
        }
    }

    private static async Task StoppedAsync(LeaseKeeper keeper) => await UntilAsync(() => keeper.Stop.IsCancellationRequested);

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var attempt = 0; attempt < 1200 && !holds(); attempt++)
            await Task.Delay(50);
        Assert.True(holds());
    }
}

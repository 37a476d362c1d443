using Azure.Messaging.ServiceBus;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Functions.Ingest;
using Temper.Ingest;
using Temper.Registry.Tests;
using Temper.Storage.Blobs;
using Temper.Testing;
using Temper.Testing.Servers;

namespace Temper.Cloud.Tests;

/// <summary>The functions called as the host calls them: a real registry, a real blob store, Azurite.</summary>
public sealed class FunctionTests : IAsyncLifetime, IDisposable
{
    private const string Good = "{\"messages\": [{\"role\": \"user\", \"content\": \"Where?\"}, {\"role\": \"assistant\", \"content\": \"There.\"}]}\n";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly UnderWay _underWay = new();
    private RegistryHost _host = null!;

    public async Task InitializeAsync() => _host = await RegistryHost.StartAsync(RegistryHost.OnFiles(_folder));

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose()
    {
        _underWay.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_ring_ingests_what_is_queued_and_is_settled()
    {
        var receipt = await PutAsync("chats", Good);
        var actions = new Actions();
        await Stage().Run(Message(new WorkRing(receipt.Work!.Value, WorkKind.Ingest, 0)), actions, None);
        Assert.Equal("complete", actions.Said);
        Assert.Equal(WorkState.Completed, (await _host.Client.Jobs.FindAsync(receipt.Work.Value, None))!.State);
    }

    [Fact]
    public async Task Data_that_cannot_be_used_shows_in_the_registry_and_its_ring_is_a_dead_letter()
    {
        var receipt = await PutAsync("chats", "this is no JSON\n");
        var actions = new Actions();
        await Stage().Run(Message(new WorkRing(receipt.Work!.Value, WorkKind.Ingest, 0)), actions, None);
        Assert.StartsWith("dead rejected", actions.Said, StringComparison.Ordinal);
        Assert.True((await _host.Client.Jobs.FindAsync(receipt.Work.Value, None))!.Rejected);
    }

    [Fact]
    public async Task A_turn_whose_time_is_over_hands_its_row_back_and_settles_its_ring_because_the_row_rings_again()
    {
        var receipt = await PutAsync("chats", string.Concat(Enumerable.Range(0, 200_000).Select(n => Good.Replace("Where?", $"Where is {n}?", StringComparison.Ordinal))));
        var (actions, clock) = (new Actions(), new StoppedClock());
        var working = Stage(clock).Run(Message(new WorkRing(receipt.Work!.Value, WorkKind.Ingest, 0)), actions, None);
        while ((await _host.Client.Jobs.FindAsync(receipt.Work.Value, None))!.State == WorkState.Queued)
            await Task.Delay(10);
        clock.Advance(IngestTurn.Longest);
        await working;
        var row = (await _host.Client.Jobs.FindAsync(receipt.Work.Value, None))!;
        Assert.Equal(("complete", WorkState.Queued, 1), (actions.Said, row.State, row.Attempt));
    }

    [Fact]
    public async Task A_process_that_ends_hands_its_row_back_before_it_goes()
    {
        var receipt = await PutAsync("chats", string.Concat(Enumerable.Range(0, 200_000).Select(n => Good.Replace("Where?", $"Where is {n}?", StringComparison.Ordinal))));
        var actions = new Actions();
        var working = Stage().Run(Message(new WorkRing(receipt.Work!.Value, WorkKind.Ingest, 0)), actions, None);
        while ((await _host.Client.Jobs.FindAsync(receipt.Work.Value, None))!.State == WorkState.Queued)
            await Task.Delay(10);
        await _underWay.StopAsync(None);
        var row = (await _host.Client.Jobs.FindAsync(receipt.Work.Value, None))!;
        Assert.Equal((WorkState.Queued, 1), (row.State, row.Attempt));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
        Assert.Equal("", actions.Said);
    }

    [Theory]
    [InlineData("{ not json", "dead malformed")]
    [InlineData("{\"id\":\"train-01JD0000000000000000000000\",\"kind\":\"train\",\"attempt\":0}", "dead malformed")]
    public async Task What_is_no_ring_is_a_dead_letter(string body, string said)
    {
        var actions = new Actions();
        await Stage().Run(ServiceBusModelFactory.ServiceBusReceivedMessage(body: BinaryData.FromString(body), messageId: "x", deliveryCount: 1), actions, None);
        Assert.StartsWith(said, actions.Said, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_file_put_into_the_container_becomes_an_upload_once()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        var arrivals = Arrive();
        await new BlobArrived(arrivals).Run(blob, None);
        await new BlobArrived(arrivals).Run(blob, None);
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
        Assert.NotEmpty((await blob.GetPropertiesAsync()).Value.Metadata[Arrivals.Taken]);
        await blob.UploadAsync(BinaryData.FromString(Good + Good), overwrite: true);
        await new BlobArrived(arrivals).Run(blob, None);
        Assert.Equal(2, (await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items.Count);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_file_that_is_announced_to_several_processes_at_once_becomes_one_upload()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Arrive().TakeAsync(blob, None))));
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
        Assert.Equal([Arrivals.Taken], (await blob.GetPropertiesAsync()).Value.Metadata.Keys);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_claim_holds_for_minutes_and_then_the_file_is_free_again()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        await blob.SetMetadataAsync(new Dictionary<string, string> { [Arrivals.Taking] = "a process that is gone" });
        await Arrive().TakeAsync(blob, None);
        Assert.Equal([Arrivals.Taking], (await blob.GetPropertiesAsync()).Value.Metadata.Keys);
        await Arrive(new Later()).TakeAsync(blob, None);
        Assert.Equal([Arrivals.Taken], (await blob.GetPropertiesAsync()).Value.Metadata.Keys);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_registry_that_does_not_answer_leaves_the_file_free_for_the_next_try()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        using var gone = new RegistryClient(new Uri("http://127.0.0.1:9"), null, TimeSpan.Zero, TimeProvider.System);
        await Assert.ThrowsAsync<TemperException>(() => new Arrivals(gone, TimeProvider.System, _underWay, NullLogger<Arrivals>.Instance).TakeAsync(blob, None));
        Assert.Empty((await blob.GetPropertiesAsync()).Value.Metadata);
        await Arrive().TakeAsync(blob, None);
        Assert.Equal([Arrivals.Taken], (await blob.GetPropertiesAsync()).Value.Metadata.Keys);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_process_that_ends_frees_the_file_that_it_was_taking()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        using var silent = new RegistryClient(new Uri("http://127.0.0.1:9"), null, TimeSpan.FromMinutes(2), TimeProvider.System);
        var taking = new Arrivals(silent, TimeProvider.System, _underWay, NullLogger<Arrivals>.Instance).TakeAsync(blob, None);
        while ((await blob.GetPropertiesAsync()).Value.Metadata.Count == 0)
            await Task.Delay(10);
        await _underWay.StopAsync(None);
        Assert.Empty((await blob.GetPropertiesAsync()).Value.Metadata);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_large_file_is_sent_in_pieces_behind_those_of_the_try_before()
    {
        var content = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Good, 120_000)));
        var blob = await DropAsync("chats/large.jsonl", System.Text.Encoding.UTF8.GetString(content));
        var before = await _host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, ResourceName.Parse("chats"), [new("large.jsonl", content.Length, Digest.Of(content))]), None);
        await _host.Client.Uploads.SendAsync(before.Id, 0, 0, content.AsMemory(0, before.PartSize), None);
        await Arrive().TakeAsync(blob, None);
        Assert.Equal(before.Id, (await blob.GetPropertiesAsync()).Value.Metadata[Arrivals.Taken]);
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task The_sweep_takes_what_no_trigger_took_once_it_is_old_enough_and_nothing_of_the_registry_s()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        var uploads = blob.GetParentBlobContainerClient();
        await uploads.GetBlobClient("chats/01JD0000000000000000000000/two.jsonl").UploadAsync(BinaryData.FromString(Good));
        await Arrive().SweepAsync(uploads, None);
        Assert.Empty((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
        await Arrive(new Later()).SweepAsync(uploads, None);
        await Arrive(new Later()).SweepAsync(uploads, None);
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
        Assert.Equal([Arrivals.Taken], (await blob.GetPropertiesAsync()).Value.Metadata.Keys);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_sweep_that_took_long_leaves_the_other_files_to_the_next()
    {
        var uploads = (await DropAsync("chats/one.jsonl", Good)).GetParentBlobContainerClient();
        await uploads.GetBlobClient("chats/two.jsonl").UploadAsync(BinaryData.FromString(Good));
        await Arrive(new Slow()).SweepAsync(uploads, None);
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
        await Arrive(new Slow()).SweepAsync(uploads, None);
        Assert.Equal(2, (await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items.Count);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_file_that_is_written_anew_while_it_is_sent_is_left_to_its_own_announcement()
    {
        var blob = await DropAsync("chats/one.jsonl", string.Concat(Enumerable.Repeat(Good, 300_000)));
        var taking = Arrive().TakeAsync(blob, None);
        while ((await blob.GetPropertiesAsync()).Value.Metadata.Count == 0)
            await Task.Delay(10);
        await blob.UploadAsync(BinaryData.FromString(Good), overwrite: true);
        await taking;
        Assert.Empty((await blob.GetPropertiesAsync()).Value.Metadata);
        Assert.Empty((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_file_that_was_deleted_before_its_turn_is_no_failure()
    {
        var blob = await DropAsync("chats/one.jsonl", Good);
        await blob.DeleteAsync();
        await Arrive().TakeAsync(blob, None);
        Assert.Empty((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task A_file_that_cannot_be_taken_is_marked_and_what_the_registry_keeps_is_left_alone()
    {
        var arrivals = Arrive();
        var bad = await DropAsync("No Dataset!/one.jsonl", Good);
        await arrivals.TakeAsync(bad, None);
        Assert.Equal("name_invalid", (await bad.GetPropertiesAsync()).Value.Metadata[Arrivals.Refused]);
        var kept = await DropAsync("chats/01JD0000000000000000000000/one.jsonl", Good);
        await arrivals.TakeAsync(kept, None);
        Assert.Empty((await kept.GetPropertiesAsync()).Value.Metadata);
        Assert.Empty((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task An_announcement_takes_the_blob_it_names()
    {
        var blob = await DropAsync("chats/two.jsonl", Good);
        var container = blob.GetParentBlobContainerClient();
        var announced = new BlobAnnounced(Arrive());
        var actions = new Actions();
        await announced.Run(ServiceBusModelFactory.ServiceBusReceivedMessage(body: BinaryData.FromString(
            "{\"subject\":\"/blobServices/default/containers/uploads/blobs/chats/two.jsonl\",\"eventType\":\"Microsoft.Storage.BlobCreated\",\"data\":{}}")), actions, container, None);
        Assert.Equal("complete", actions.Said);
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
        await announced.Run(ServiceBusModelFactory.ServiceBusReceivedMessage(body: BinaryData.FromString("[]")), actions, container, None);
        Assert.StartsWith("dead malformed", actions.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_says_what_ingestion_would_say_and_keeps_nothing()
    {
        var answer = Assert.IsType<ContentResult>(await new Direct(_host.Client, new ApiKey(null, NullLogger<ApiKey>.Instance)).Validate(Request("POST", Good + "no JSON\n"), None));
        Assert.Equal(200, answer.StatusCode);
        Assert.Contains("\"set_aside\":[{", answer.Content, StringComparison.Ordinal);
        Assert.Empty((await _host.Client.Jobs.ListAsync(null, null, None)).Items);
    }

    [Fact]
    public async Task A_file_can_be_sent_to_the_functions_by_whoever_knows_the_key()
    {
        var direct = new Direct(_host.Client, new ApiKey("0123456789abcdef", NullLogger<ApiKey>.Instance));
        var refused = Assert.IsType<ContentResult>(await direct.Upload(Request("PUT", Good), "chats", "one.jsonl", None));
        Assert.Equal((401, "application/problem+json"), (refused.StatusCode, refused.ContentType));
        var request = Request("PUT", Good);
        request.Headers.Authorization = "Bearer 0123456789abcdef";
        Assert.Equal(200, Assert.IsType<ContentResult>(await direct.Upload(request, "chats", "one.jsonl", None)).StatusCode);
        Assert.Single((await _host.Client.Jobs.ListAsync(WorkKind.Ingest, null, None)).Items);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_read()
    {
        var request = Request("PUT", Good);
        request.ContentLength = Direct.Largest + 1;
        var refused = Assert.IsType<ContentResult>(await new Direct(_host.Client, new ApiKey(null, NullLogger<ApiKey>.Instance)).Upload(request, "chats", "one.jsonl", None));
        Assert.Equal(422, refused.StatusCode);
        Assert.Contains("256 MiB", refused.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_foresaw_is_answered_as_an_error_too()
    {
        var request = Request("PUT", Good);
        request.Body = null!;
        var failed = Assert.IsType<ContentResult>(await new Direct(_host.Client, new ApiKey(null, NullLogger<ApiKey>.Instance)).Upload(request, "chats", "one.jsonl", None));
        Assert.Equal((500, "application/problem+json"), (failed.StatusCode, failed.ContentType));
        Assert.Contains("\"code\":\"internal\"", failed.Content, StringComparison.Ordinal);
    }

    private Arrivals Arrive(TimeProvider? clock = null) => new(_host.Client, clock ?? TimeProvider.System, _underWay, NullLogger<Arrivals>.Instance);

    private StageRang Stage(TimeProvider? clock = null)
    {
        var services = new ServiceCollection().AddSingleton(_host.Client).AddSingleton(TimeProvider.System)
            .AddSingleton<IBlobStore>(BlobStores.Open(_host.Options.Blobs, TimeProvider.System)).BuildServiceProvider();
        return new(new IngestTurn(Worker.Create(services, _folder.Of("functions")), _underWay, clock ?? TimeProvider.System), _host.Client);
    }

    private Task<UploadReceipt> PutAsync(string dataset, string content) =>
        _host.Client.Uploads.PutAsync(ResourceName.Parse(dataset), "a.jsonl", () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), None);

    private static async Task<BlobClient> DropAsync(string name, string content)
    {
        var parts = (await AzuriteServer.SharedAsync()).NewContainer().Split(";Container=");
        var container = new BlobContainerClient(parts[0], parts[1]);
        await container.CreateIfNotExistsAsync();
        await container.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), new BlobUploadOptions());
        return container.GetBlobClient(name);
    }

    private static ServiceBusReceivedMessage Message(WorkRing ring) => ServiceBusModelFactory.ServiceBusReceivedMessage(body: BinaryData.FromBytes(RingText.Write(ring)), messageId: RingText.Name(ring), deliveryCount: 1);

    private static HttpRequest Request(string method, string body)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Body) = (method, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body)));
        return request;
    }

    /// <summary>A clock that is so far ahead that no claim of today holds.</summary>
    private class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Arrivals.ClaimHolds + TimeSpan.FromMinutes(1);
    }

    /// <summary>On it, minutes pass whenever somebody looks.</summary>
    private sealed class Slow : Later
    {
        private int _looks;

        public override long GetTimestamp() => base.GetTimestamp() + (Interlocked.Increment(ref _looks) * TimeSpan.FromMinutes(11).Ticks * (TimestampFrequency / TimeSpan.TicksPerSecond));
    }

    /// <summary>What the function said of its message.</summary>
    private sealed class Actions : ServiceBusMessageActions
    {
        public string Said { get; private set; } = "";

        public override Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default)
        {
            Said = "complete";
            return Task.CompletedTask;
        }

        public override Task DeadLetterMessageAsync(ServiceBusReceivedMessage message, Dictionary<string, object>? propertiesToModify = null, string? deadLetterReason = null,
            string? deadLetterErrorDescription = null, CancellationToken cancellationToken = default)
        {
            Said = $"dead {deadLetterReason}: {deadLetterErrorDescription}";
            return Task.CompletedTask;
        }
    }
}

using Azure.Messaging.ServiceBus;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Plugins.ServiceBus;
using Temper.Registry.Tests;

namespace Temper.Cloud.Tests;

/// <summary>What every doorbell promises: whoever waits for a kind is woken when something of the kind may be claimed. Rings may come twice.</summary>
public abstract class DoorbellContract
{
    protected static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The bell, and what makes a row that can be claimed and rings for it.</summary>
    protected abstract Task<(IDoorbell Bell, Func<Task<WorkRing>> QueueAsync)> StartAsync();

    [Fact]
    public async Task Silence_ends_when_the_wait_is_over()
    {
        var (bell, _) = await StartAsync();
        Assert.Null(await bell.WaitAsync([WorkKind.Ingest], TimeSpan.FromSeconds(1), None));
    }

    [Fact]
    public async Task Whoever_waits_is_woken()
    {
        var (bell, queue) = await StartAsync();
        var waiting = bell.WaitAsync([WorkKind.Ingest, WorkKind.Train], TimeSpan.FromSeconds(30), None);
        var ring = await queue();
        Assert.Equal(ring.Id, (await waiting)?.Id);
        await bell.SettleAsync(ring, None);
    }

    [Fact]
    public async Task A_ring_that_came_before_the_wait_is_heard()
    {
        var (bell, queue) = await StartAsync();
        var ring = await queue();
        Assert.Equal(ring.Id, (await bell.WaitAsync([WorkKind.Ingest], TimeSpan.FromSeconds(30), None))?.Id);
        await bell.SettleAsync(ring, None);
    }

    [Fact]
    public async Task Settling_what_nobody_holds_is_no_error()
    {
        var (bell, _) = await StartAsync();
        await bell.SettleAsync(new(WorkId.New(WorkKind.Ingest, TimeProvider.System), WorkKind.Ingest, 3), None);
    }
}

public sealed class RegistryDoorbellTests : DoorbellContract, IAsyncLifetime
{
    private RegistryHost _host = null!;

    public async Task InitializeAsync() => _host = await RegistryHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    protected override Task<(IDoorbell Bell, Func<Task<WorkRing>> QueueAsync)> StartAsync() => Task.FromResult<(IDoorbell, Func<Task<WorkRing>>)>((new RegistryDoorbell(_host.Client), async () =>
    {
        var receipt = await _host.Client.Uploads.PutAsync(ResourceName.Parse("chats"), "a.jsonl", () => new MemoryStream("{\"text\": \"x\"}\n"u8.ToArray()), None);
        return new(receipt.Work!.Value, WorkKind.Ingest, 0);
    }
    ));
}

/// <summary>With a broker: TEMPER_SERVICEBUS is a connection string of a namespace, or of the emulator, that has the deployment's queues and nobody else uses.</summary>
[Trait("Needs", "service-bus")]
public sealed class ServiceBusDoorbellTests : DoorbellContract
{
    protected override async Task<(IDoorbell Bell, Func<Task<WorkRing>> QueueAsync)> StartAsync()
    {
        var bell = new ServiceBusDoorbell(new ServiceBusClient(Environment.GetEnvironmentVariable("TEMPER_SERVICEBUS")
            ?? throw new InvalidOperationException("Set TEMPER_SERVICEBUS, or leave these tests out: --filter Needs!=service-bus")), TimeProvider.System);
        while (await bell.WaitAsync([WorkKind.Ingest], TimeSpan.FromSeconds(2), None) is { } old)
            await bell.SettleAsync(old, None);
        return (bell, async () =>
        {
            var ring = new WorkRing(WorkId.New(WorkKind.Ingest, TimeProvider.System), WorkKind.Ingest, 0);
            await bell.RingAsync(ring, None);
            return ring;
        }
        );
    }
}

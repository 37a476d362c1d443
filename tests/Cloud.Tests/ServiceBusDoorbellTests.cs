using Azure.Messaging.ServiceBus;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Plugins.ServiceBus;
using Temper.Registry.Tests;

namespace Temper.Cloud.Tests;

/// <summary>With a broker: TEMPER_SERVICEBUS is a connection string of a namespace, or of the emulator, that has the deployment's queues and nobody else uses.</summary>
[Trait("Needs", "service-bus")]
public sealed class ServiceBusDoorbellTests : DoorbellContract
{
    /// <summary>How to reach it.</summary>
    public static string Connection => Environment.GetEnvironmentVariable("TEMPER_SERVICEBUS")
        ?? throw new InvalidOperationException("Set TEMPER_SERVICEBUS, or leave these tests out: --filter Needs!=service-bus");

    protected override async Task<(IDoorbell Bell, Func<Task<WorkRing>> QueueAsync)> StartAsync()
    {
        var bell = new ServiceBusDoorbell(new ServiceBusClient(Connection), TimeProvider.System);
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

using Azure.Messaging.ServiceBus;
using Temper.Core.Events;
using Temper.Plugins.ServiceBus;
using Temper.Registry.Tests;

namespace Temper.Cloud.Tests;

/// <summary>With a broker, as <see cref="ServiceBusDoorbellTests"/> say, that has a subscription <c>tests</c> without sessions under the topic <c>events</c>.</summary>
[Trait("Needs", "service-bus")]
public sealed class ServiceBusEventRelayTests : EventRelayContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Quiet = TimeSpan.FromSeconds(2);

    protected override async Task<(IEventRelay Relay, Func<int, Task<IReadOnlyList<Arrival>>> ArrivedAsync)> StartAsync()
    {
        var client = new ServiceBusClient(ServiceBusDoorbellTests.Connection);
        var receiver = client.CreateReceiver(BusNames.Events, "tests", new ServiceBusReceiverOptions { ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete });
        while (await receiver.ReceiveMessageAsync(Quiet) is not null)
        {
            // What an earlier test left behind.
        }
        // Positions that the topic has not seen lately: it drops the others.
        var first = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 100;
        return (new From(new ServiceBusEventRelay(client), first), async different =>
        {
            var all = new List<Arrival>();
            while (all.Select(arrival => arrival.Id).Distinct().Count() < different && await receiver.ReceiveMessageAsync(Patience) is { } message)
            {
                var occurred = EventRelayTests.Read(message.Body);
                all.Add(new($"{long.Parse(message.MessageId, System.Globalization.CultureInfo.InvariantCulture) - first}", occurred with { Seq = occurred.Seq - first }));
            }
            return all;
        }
        );
    }

    /// <summary>The relay, with the log's positions beginning elsewhere.</summary>
    private sealed class From(IEventRelay relay, long first) : IEventRelay
    {
        public Task RelayAsync(TemperEvent occurred, CancellationToken ct) => relay.RelayAsync(occurred with { Seq = occurred.Seq + first }, ct);
    }
}

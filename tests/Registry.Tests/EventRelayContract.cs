using System.Text.Json;
using Temper.Core.Events;

namespace Temper.Registry.Tests;

/// <summary>What arrived at a relay's target.</summary>
/// <param name="Id">The name by which a reader drops what comes twice.</param>
/// <param name="Occurred">The event.</param>
public sealed record Arrival(string Id, TemperEvent Occurred);

/// <summary>What every relay promises: an event arrives whole, at least once, each subject's events in their order, under a name that a second copy has, too.</summary>
public abstract class EventRelayContract
{
    private const string Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    /// <summary>The relay, and what gives all that arrived once so many different events have.</summary>
    protected abstract Task<(IEventRelay Relay, Func<int, Task<IReadOnlyList<Arrival>>> ArrivedAsync)> StartAsync();

    [Fact]
    public async Task An_event_arrives_whole()
    {
        var (relay, arrived) = await StartAsync();
        await relay.RelayAsync(Event(7, "dataset/notes", Traceparent), default);
        var occurred = Assert.Single(await arrived(1)).Occurred;
        Assert.Equal((7, "dataset.sealed", "dataset/notes", 1_700_000_000_007, Traceparent), (occurred.Seq, occurred.Type, occurred.Subject, occurred.AtMs, occurred.Traceparent));
        Assert.Equal("{\"records\":7,\"name\":\"Möwe \\u0022x\\u0022\"}", JsonSerializer.Serialize(occurred.Data).Replace("\\u00F6", "ö", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Events_of_a_subject_arrive_in_their_order()
    {
        var (relay, arrived) = await StartAsync();
        for (var seq = 1; seq <= 20; seq++)
            await relay.RelayAsync(Event(seq, seq % 3 == 0 ? "model/bot" : "dataset/notes"), default);
        var all = (await arrived(20)).Select(arrival => arrival.Occurred).ToList();
        foreach (var subject in all.GroupBy(occurred => occurred.Subject))
            Assert.Equal(subject.Select(occurred => occurred.Seq).Order().Distinct(), subject.Select(occurred => occurred.Seq));
        Assert.Equal(Enumerable.Range(1, 20).Select(seq => (long)seq), all.Select(occurred => occurred.Seq).Order());
    }

    [Fact]
    public async Task A_second_copy_has_the_name_of_the_first()
    {
        var (relay, arrived) = await StartAsync();
        await relay.RelayAsync(Event(7, "dataset/notes"), default);
        await relay.RelayAsync(Event(7, "dataset/notes"), default);
        await relay.RelayAsync(Event(8, "dataset/notes"), default);
        Assert.Equal(["7", "8"], (await arrived(2)).Select(arrival => arrival.Id).Distinct());
    }

    [Fact]
    public async Task What_a_stopped_caller_did_not_send_does_not_arrive()
    {
        var (relay, arrived) = await StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => relay.RelayAsync(Event(7, "dataset/notes"), new(canceled: true)));
        await relay.RelayAsync(Event(8, "dataset/notes"), default);
        Assert.Equal(["8"], (await arrived(1)).Select(arrival => arrival.Id));
    }

    private static TemperEvent Event(long seq, string subject, string? traceparent = null) =>
        new(seq, "dataset.sealed", subject, 1_700_000_000_000 + seq, JsonSerializer.SerializeToElement(new { records = seq, name = "Möwe \"x\"" }), traceparent);
}

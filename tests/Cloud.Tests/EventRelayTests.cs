using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Temper.Core.Errors;
using Temper.Core.Events;
using Temper.Core.Json;
using Temper.Plugins.ServiceBus;
using Temper.Registry.Tests;

namespace Temper.Cloud.Tests;

/// <summary>The relay's contract over the SDK's classes, without a broker, and what a topic asks beyond it.</summary>
public sealed class EventRelayTests : EventRelayContract
{
    private const string Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static readonly CancellationToken None = CancellationToken.None;

    protected override Task<(IEventRelay Relay, Func<int, Task<IReadOnlyList<Arrival>>> ArrivedAsync)> StartAsync()
    {
        var bus = new FakeBus();
        return Task.FromResult<(IEventRelay, Func<int, Task<IReadOnlyList<Arrival>>>)>((new ServiceBusEventRelay(bus),
            _ => Task.FromResult<IReadOnlyList<Arrival>>([.. bus.Sent.Select(message => new Arrival(message.MessageId, Read(message.Body)))])));
    }

    [Fact]
    public async Task An_event_arrives_whole_under_its_position_and_its_subject_is_the_session()
    {
        var bus = new FakeBus();
        await using var relay = new ServiceBusEventRelay(bus);
        await relay.RelayAsync(Event(7), None);
        var message = Assert.Single(bus.Sent);
        Assert.Equal(("7", "dataset/notes", "dataset.sealed", "application/json"), (message.MessageId, message.SessionId, message.Subject, message.ContentType));
        Assert.Equal(Traceparent, message.ApplicationProperties["traceparent"]);
        var arrived = Read(message.Body);
        Assert.Equal((7, "dataset.sealed", "dataset/notes"), (arrived.Seq, arrived.Type, arrived.Subject));
        Assert.Equal(3, arrived.Data.GetProperty("records").GetInt32());
    }

    [Fact]
    public async Task An_event_about_a_repository_of_the_longest_name_holds_up_nobody_and_all_of_them_are_one_session()
    {
        var (bus, subject) = (new FakeBus(), $"repo/{new string('a', 63)}/{new string('b', 63)}");
        await using var relay = new ServiceBusEventRelay(bus);
        await relay.RelayAsync(Event(1) with { Subject = subject }, None);
        await relay.RelayAsync(Event(2) with { Subject = subject }, None);
        Assert.InRange(Assert.Single(bus.Sent.Select(message => message.SessionId).Distinct()).Length, 1, 128);
        Assert.All(bus.Sent, message => Assert.Equal(subject, Read(message.Body).Subject));
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_the_surroundings_and_the_event_is_sent_again_over_a_new_connection()
    {
        var bus = new FakeBus { Fault = new ServiceBusException("no answer", ServiceBusFailureReason.ServiceCommunicationProblem) };
        await using var relay = new ServiceBusEventRelay(bus);
        var error = await Assert.ThrowsAsync<TemperException>(() => relay.RelayAsync(Event(7), None));
        Assert.Equal(("server_unreachable", ErrorKind.Environment), (error.Code, error.Kind));
        Assert.Contains("events", error.Message, StringComparison.Ordinal);
        bus.Close();
        await relay.RelayAsync(Event(7), None);
        Assert.Single(bus.Sent);
        Assert.Equal(2, bus.Senders);
    }

    [Fact]
    public async Task A_caller_without_the_right_to_send_is_told_so()
    {
        var bus = new FakeBus { Fault = new UnauthorizedAccessException("claim Send is missing") };
        await using var relay = new ServiceBusEventRelay(bus);
        Assert.Equal("permission_denied", (await Assert.ThrowsAsync<TemperException>(() => relay.RelayAsync(Event(1), None))).Code);
    }

    /// <summary>The event of a message.</summary>
    internal static TemperEvent Read(BinaryData body) => JsonSerializer.Deserialize<TemperEvent>(body.ToMemory().Span, Wire.Json)!;

    private static TemperEvent Event(long seq) => new(seq, "dataset.sealed", "dataset/notes", 1_700_000_000_000, JsonSerializer.SerializeToElement(new { records = 3 }), Traceparent);
}

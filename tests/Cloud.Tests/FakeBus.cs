using Azure.Messaging.ServiceBus;

namespace Temper.Cloud.Tests;

/// <summary>A queue in memory behind the SDK's own classes: locks, settlement and dead letters, so far as the doorbell sees them.</summary>
internal sealed class FakeBus : ServiceBusClient
{
    private readonly List<ServiceBusReceivedMessage> _waiting = [];
    private readonly HashSet<string> _seen = [];
    private long _sequence;
    private int _closings;

    /// <summary>What happened, in order: <c>complete ID</c>, <c>dead ID reason</c>, <c>abandon ID</c>, <c>renew ID</c>.</summary>
    public List<string> Settled { get; } = [];

    public List<ServiceBusMessage> Sent { get; } = [];

    public List<ServiceBusReceivedMessage> Dead { get; } = [];

    public int Receivers { get; private set; }

    /// <summary>Thrown by the next call of any kind.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Thrown by every settlement from now on.</summary>
    public Exception? Lost { get; set; }

    public int Senders { get; private set; }

    public override ServiceBusSender CreateSender(string queueOrTopicName)
    {
        Senders++;
        return new Sender(this);
    }

    public override ServiceBusReceiver CreateReceiver(string queueName, ServiceBusReceiverOptions options)
    {
        Receivers++;
        return new Receiver(this, options.SubQueue == SubQueue.DeadLetter);
    }

    /// <summary>Closes every sender and receiver that there is.</summary>
    public void Close() => _closings++;

    public void Put(string id, string body) => _waiting.Add(ServiceBusModelFactory.ServiceBusReceivedMessage(body: BinaryData.FromString(body), messageId: id, deliveryCount: 1, sequenceNumber: ++_sequence));

    public void Bury(string id, string body, string reason) => Dead.Add(ServiceBusModelFactory.ServiceBusReceivedMessage(body: BinaryData.FromString(body), messageId: id, sequenceNumber: ++_sequence, deliveryCount: 5,
        properties: new Dictionary<string, object> { ["DeadLetterReason"] = reason, ["DeadLetterErrorDescription"] = "why" }));

    private void Check()
    {
        if (Fault is not { } fault)
            return;
        Fault = null;
        throw fault;
    }

    private sealed class Sender(FakeBus bus) : ServiceBusSender
    {
        private readonly int _born = bus._closings;

        public override bool IsClosed => bus._closings > _born;

        public override Task SendMessageAsync(ServiceBusMessage message, CancellationToken cancellationToken = default)
        {
            bus.Check();
            cancellationToken.ThrowIfCancellationRequested();
            bus.Sent.Add(message);
            if (bus._seen.Add(message.MessageId))
                bus.Put(message.MessageId, message.Body.ToString());
            return Task.CompletedTask;
        }

#pragma warning disable CA2215 // There is no connection that the base could close.
        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Receiver(FakeBus bus, bool dead) : ServiceBusReceiver
    {
        private readonly int _born = bus._closings;

        public override bool IsClosed => bus._closings > _born;

        public override Task<ServiceBusReceivedMessage> ReceiveMessageAsync(TimeSpan? maxWaitTime = null, CancellationToken cancellationToken = default)
        {
            bus.Check();
            if (bus._waiting is not [var first, ..])
                return Task.FromResult<ServiceBusReceivedMessage>(null!);
            bus._waiting.RemoveAt(0);
            return Task.FromResult(first);
        }

        public override Task<IReadOnlyList<ServiceBusReceivedMessage>> ReceiveMessagesAsync(int maxMessages, TimeSpan? maxWaitTime = null, CancellationToken cancellationToken = default)
        {
            Assert.True(dead);
            var page = bus.Dead.Take(maxMessages).ToList();
            bus.Dead.RemoveRange(0, page.Count);
            return Task.FromResult<IReadOnlyList<ServiceBusReceivedMessage>>(page);
        }

        public override Task<IReadOnlyList<ServiceBusReceivedMessage>> PeekMessagesAsync(int maxMessages, long? fromSequenceNumber = null, CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<ServiceBusReceivedMessage>>([.. bus.Dead.Where(m => m.SequenceNumber >= (fromSequenceNumber ?? 0)).Take(maxMessages)]);

        public override Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) => Settle($"complete {message.MessageId}");

        public override Task AbandonMessageAsync(ServiceBusReceivedMessage message, IDictionary<string, object>? propertiesToModify = null, CancellationToken cancellationToken = default)
        {
            if (dead)
                bus.Dead.Add(message);
            return Settle($"abandon {message.MessageId}");
        }

        public override Task DeadLetterMessageAsync(ServiceBusReceivedMessage message, string deadLetterReason, string? deadLetterErrorDescription = null, CancellationToken cancellationToken = default) =>
            Settle($"dead {message.MessageId} {deadLetterReason}");

        public override Task RenewMessageLockAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default)
        {
            bus.Check();
            return Settle($"renew {message.MessageId}");
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private Task Settle(string what)
        {
            if (bus.Lost is { } lost)
                throw lost;
            bus.Settled.Add(what);
            return Task.CompletedTask;
        }
    }
}

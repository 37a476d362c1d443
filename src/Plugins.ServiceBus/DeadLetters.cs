using System.Globalization;
using Azure.Messaging.ServiceBus;
using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>A message that the queue gave up, or a reader refused.</summary>
/// <param name="Sequence">Its number in the queue.</param>
/// <param name="Message">Its id, <c>{work}.{attempt}</c> for a ring.</param>
/// <param name="Reason">Such as <c>malformed</c>, a code of the catalogue, or the service's <c>MaxDeliveryCountExceeded</c>.</param>
/// <param name="Description">In words.</param>
/// <param name="Deliveries">How often it was delivered.</param>
/// <param name="Enqueued">When it was sent.</param>
public sealed record DeadLetter(long Sequence, string Message, string Reason, string Description, int Deliveries, DateTimeOffset Enqueued);

/// <summary>Looks at dead letters, and rings them again. Errors as those of <see cref="ServiceBusDoorbell"/>.</summary>
public sealed class DeadLetters(ServiceBusClient client)
{
    private const int Batch = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly ServiceBusReceiverOptions Dead = new() { SubQueue = SubQueue.DeadLetter };

    /// <summary>The oldest ones, at most <paramref name="most"/>, without taking them.</summary>
    public Task<IReadOnlyList<DeadLetter>> ListAsync(WorkKind kind, int most, CancellationToken ct) => BusErrors.CallAsync<IReadOnlyList<DeadLetter>>(BusNames.QueueOf(kind), async () =>
    {
        var receiver = client.CreateReceiver(BusNames.QueueOf(kind), Dead);
        await using (receiver.ConfigureAwait(false))
        {
            var found = new List<DeadLetter>();
            long? from = null;
            while (found.Count < most && await receiver.PeekMessagesAsync(Math.Min(Batch, most - found.Count), from, ct).ConfigureAwait(false) is { Count: > 0 } page)
            {
                found.AddRange(page.Select(Of));
                from = page[^1].SequenceNumber + 1;
            }
            return found;
        }
    });

    /// <summary>
    /// Sends those that <paramref name="chosen"/> wants once more, then takes them out of the dead letters: a crash in between rings twice, which is harmless.
    /// Their ids get an ending, because the queue would drop an id that it has seen lately.
    /// </summary>
    /// <param name="kind">Whose queue.</param>
    /// <param name="chosen">Which ones.</param>
    /// <param name="at">A time to come, such as when more machines are expected: the messages lie in the queue unseen until then. Null: now.</param>
    /// <param name="ct">Stops between two messages.</param>
    /// <returns>How many ring again.</returns>
    public Task<int> ReplayAsync(WorkKind kind, Func<DeadLetter, bool> chosen, DateTimeOffset? at, CancellationToken ct) => BusErrors.CallAsync(BusNames.QueueOf(kind), async () =>
    {
        var (receiver, sender) = (client.CreateReceiver(BusNames.QueueOf(kind), Dead), client.CreateSender(BusNames.QueueOf(kind)));
        await using var _ = receiver.ConfigureAwait(false);
        await using var __ = sender.ConfigureAwait(false);
        var (replayed, kept) = (0, new List<ServiceBusReceivedMessage>());
        while (await receiver.ReceiveMessagesAsync(Batch, Patience, ct).ConfigureAwait(false) is { Count: > 0 } page)
            foreach (var message in page)
            {
                if (!chosen(Of(message)))
                {
                    kept.Add(message);
                    continue;
                }
                await sender.SendMessageAsync(Again(message, at), ct).ConfigureAwait(false);
                await receiver.CompleteMessageAsync(message, ct).ConfigureAwait(false);
                replayed++;
            }
        // Held until now, so that they did not come again and again.
        foreach (var message in kept)
            await receiver.AbandonMessageAsync(message, null, ct).ConfigureAwait(false);
        return replayed;
    });

    private static DeadLetter Of(ServiceBusReceivedMessage m) => new(m.SequenceNumber, m.MessageId ?? "", m.DeadLetterReason ?? "", m.DeadLetterErrorDescription ?? "", m.DeliveryCount, m.EnqueuedTime);

    private static ServiceBusMessage Again(ServiceBusReceivedMessage message, DateTimeOffset? at)
    {
        var again = new ServiceBusMessage(message.Body)
        {
            MessageId = string.Create(CultureInfo.InvariantCulture, $"{message.MessageId}.again-{message.SequenceNumber}"),
            Subject = message.Subject,
            ContentType = message.ContentType,
        };
        if (at is { } time)
            again.ScheduledEnqueueTime = time;
        return again;
    }
}

using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>
/// The doorbell on queues. A message stays locked, its lock renewed, until the work that it started has ended; so the queue's length tells a scaler how
/// much is to do. Nothing depends on the lock: who is woken by a second ring finds the row leased. Errors: <c>server_unreachable</c>,
/// <c>permission_denied</c>; the next call connects anew.
/// </summary>
public sealed class ServiceBusDoorbell(ServiceBusClient client, TimeProvider clock) : IDoorbell, IAsyncDisposable
{
    /// <summary>Longest wait at one queue while others are watched too.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<WorkKind, ServiceBusSender> _senders = new();
    private readonly ConcurrentDictionary<WorkKind, ServiceBusReceiver> _receivers = new();
    private readonly ConcurrentDictionary<WorkRing, HeldMessage> _held = new();

    /// <inheritdoc/>
    public Task RingAsync(WorkRing ring, CancellationToken ct) => BusErrors.CallAsync(BusNames.QueueOf(ring.Kind), () =>
    {
        var sender = _senders.AddOrUpdate(ring.Kind, NewSender, (k, known) => known.IsClosed ? NewSender(k) : known);
        return sender.SendMessageAsync(RingMessage.Write(ring), ct);
    });

    /// <inheritdoc/>
    public async Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        for (var turn = 0; ; turn++)
        {
            var left = atMost - clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return null;
            var wait = kinds.Count > 1 && left > Turn ? Turn : left;
            var kind = kinds[turn % kinds.Count];
            if (await BusErrors.CallAsync(BusNames.QueueOf(kind), () => ReceiveAsync(kind, wait, ct)).ConfigureAwait(false) is { } ring)
                return ring;
        }
    }

    /// <inheritdoc/>
    public async Task SettleAsync(WorkRing ring, CancellationToken ct)
    {
        if (_held.TryRemove(ring, out var message))
            await BusErrors.CallAsync(BusNames.QueueOf(ring.Kind), () => message.CompleteAsync(ct)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var message in _held.Values)
            await message.DisposeAsync().ConfigureAwait(false);
        foreach (var receiver in _receivers.Values)
            await receiver.DisposeAsync().ConfigureAwait(false);
        foreach (var sender in _senders.Values)
            await sender.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<WorkRing?> ReceiveAsync(WorkKind kind, TimeSpan wait, CancellationToken ct)
    {
        var receiver = _receivers.AddOrUpdate(kind, NewReceiver, (k, known) => known.IsClosed ? NewReceiver(k) : known);
        if (await receiver.ReceiveMessageAsync(wait, ct).ConfigureAwait(false) is not { } message)
            return null;
        var (ring, fault) = RingText.Read(message.Body.ToMemory().Span, kind);
        if (ring is null)
        {
            await receiver.DeadLetterMessageAsync(message, "malformed", fault, ct).ConfigureAwait(false);
            return null;
        }
        var held = new HeldMessage(receiver, message, clock);
        if (!_held.TryAdd(ring, held))
            await held.CompleteAsync(ct).ConfigureAwait(false);
        return ring;
    }

    private ServiceBusSender NewSender(WorkKind kind) => client.CreateSender(BusNames.QueueOf(kind));

    /// <summary>Nothing is fetched ahead: the lock of a message that waits here would run out.</summary>
    private ServiceBusReceiver NewReceiver(WorkKind kind) => client.CreateReceiver(BusNames.QueueOf(kind), new ServiceBusReceiverOptions { PrefetchCount = 0 });
}

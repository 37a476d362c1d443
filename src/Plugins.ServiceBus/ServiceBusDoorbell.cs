using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>
/// The doorbell on queues. A message stays locked, its lock renewed, until the work that it started has ended; so the queue's length tells a scaler how
/// much is to do. Nothing depends on the lock: who is woken by a second ring finds the row leased.
/// </summary>
public sealed class ServiceBusDoorbell(ServiceBusClient client, TimeProvider clock) : IDoorbell, IAsyncDisposable
{
    /// <summary>Longest wait at one queue while others are watched too.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<WorkKind, ServiceBusSender> _senders = new();
    private readonly ConcurrentDictionary<WorkKind, ServiceBusReceiver> _receivers = new();
    private readonly ConcurrentDictionary<WorkRing, HeldMessage> _held = new();

    /// <inheritdoc/>
    public Task RingAsync(WorkRing ring, CancellationToken ct) =>
        _senders.GetOrAdd(ring.Kind, kind => client.CreateSender(BusNames.QueueOf(kind))).SendMessageAsync(RingMessage.Write(ring), ct);

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
            if (await ReceiveAsync(kinds[turn % kinds.Count], wait, ct).ConfigureAwait(false) is { } ring)
                return ring;
        }
    }

    /// <inheritdoc/>
    public async Task SettleAsync(WorkRing ring, CancellationToken ct)
    {
        if (_held.TryRemove(ring, out var message))
            await message.CompleteAsync(ct).ConfigureAwait(false);
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
        // Nothing is fetched ahead: the lock of a message that waits here would run out.
        var receiver = _receivers.GetOrAdd(kind, k => client.CreateReceiver(BusNames.QueueOf(k), new ServiceBusReceiverOptions { PrefetchCount = 0 }));
        if (await receiver.ReceiveMessageAsync(wait, ct).ConfigureAwait(false) is not { } message)
            return null;
        var (ring, fault) = RingMessage.Read(message.Body, kind);
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
}

using Azure.Messaging.ServiceBus;

namespace Temper.Plugins.ServiceBus;

/// <summary>A received message whose lock is renewed until it is settled. The service locks for five minutes at most; work takes hours.</summary>
internal sealed class HeldMessage : IAsyncDisposable
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(60);
    private readonly ServiceBusReceiver _receiver;
    private readonly ServiceBusReceivedMessage _message;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renewing;

    public HeldMessage(ServiceBusReceiver receiver, ServiceBusReceivedMessage message, TimeProvider clock)
    {
        (_receiver, _message) = (receiver, message);
        _renewing = RenewAsync(clock);
    }

    /// <summary>Removes the message from its queue; a lock that was lost meanwhile is no error.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        await DisposeAsync().ConfigureAwait(false);
        try
        {
            await _receiver.CompleteMessageAsync(_message, ct).ConfigureAwait(false);
        }
        catch (ServiceBusException e) when (IsLost(e))
        {
            // It rings once more, and whoever answers finds nothing to claim.
        }
    }

    /// <summary>Lets the lock run out: the message rings again elsewhere.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static bool IsLost(ServiceBusException e) => e.Reason is ServiceBusFailureReason.MessageLockLost or ServiceBusFailureReason.MessageNotFound;

    private async Task RenewAsync(TimeProvider clock)
    {
        using var timer = new PeriodicTimer(RenewEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false) && await IsHeldAsync().ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException)
        {
            // Settled or given up.
        }
    }

    /// <summary>False: the lock is lost. The lease of the row is the truth, so the work goes on.</summary>
    private async Task<bool> IsHeldAsync()
    {
        try
        {
            await _receiver.RenewMessageLockAsync(_message, _stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (ServiceBusException e) when (IsLost(e))
        {
            return false;
        }
        catch (Exception)
        {
            // A broken connection or a token that was not to be had may be there at the next tick, four of which fit into one lock. The end of waiting is seen there, too.
            return true;
        }
    }
}

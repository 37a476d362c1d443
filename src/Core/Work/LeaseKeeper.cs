using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Core.Work;

/// <summary>
/// Keeps the lease of one claim alive while the work runs. <see cref="Stop"/> fires when the work must end: the lease is lost (then nothing may be
/// written or finished any more), someone asked to cancel (then finish as cancelled) or to pause (then save, and finish as paused), or the host is
/// stopping (then hand the row back).
/// </summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    /// <summary>How soon what changed is told, so that whoever looks on sees it move.</summary>
    private static readonly TimeSpan News = TimeSpan.FromSeconds(1);

    private readonly RegistryClient _registry;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _beating;
    private Heartbeat _next;

    /// <summary>Begins to send heartbeats: three in each lease, and up to one a second while progress is made.</summary>
    public LeaseKeeper(RegistryClient registry, WorkClaim claim, TimeProvider clock, CancellationToken host)
    {
        (_registry, Claim, _clock) = (registry, claim, clock);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(host);
        _next = new(claim.Fence, 0, "claimed");
        _beating = BeatAsync();
    }

    /// <summary>What is leased.</summary>
    public WorkClaim Claim { get; }

    /// <summary>Ends the work.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Whether the row may belong to another worker now.</summary>
    public bool Lost { get; private set; }

    /// <summary>Whether someone asked to cancel.</summary>
    public bool CancelRequested { get; private set; }

    /// <summary>Whether someone asked to pause.</summary>
    public bool PauseRequested { get; private set; }

    /// <summary>What the next heartbeat says. <paramref name="progress"/> is 0 to below 1.</summary>
    public void Progress(double progress, string phase) => Volatile.Write(ref _next, new(Claim.Fence, Math.Clamp(progress, 0, 0.999), phase));

    /// <summary>Takes in the answer to a report, which keeps the lease, too.</summary>
    public async Task ObserveAsync(HeartbeatReply reply)
    {
        if ((!reply.CancelRequested || CancelRequested) && (!reply.PauseRequested || PauseRequested))
            return;
        (CancelRequested, PauseRequested) = (CancelRequested || reply.CancelRequested, PauseRequested || reply.PauseRequested);
        await _stop.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Stops the work because the registry said <c>lease_lost</c> to another call.</summary>
    public async Task LoseAsync()
    {
        Lost = true;
        await _stop.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Sends the last word; the lease ends with it.</summary>
    /// <param name="state">How the work ended.</param>
    /// <param name="result">What was made, when completed.</param>
    /// <param name="errors">Why it failed.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <param name="reached">How far a job is that completed or paused.</param>
    public async Task<WorkOutcome> FinishAsync(WorkState state, System.Text.Json.JsonElement? result, IReadOnlyList<Problem>? errors, CancellationToken ct, StepMetrics? reached = null)
    {
        await EndBeatingAsync().ConfigureAwait(false);
        return await _registry.Work.FinishAsync(Claim.Id, new(Claim.Fence, state, result, errors) { Reached = reached }, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndBeatingAsync().ConfigureAwait(false);
        _stop.Dispose();
        _ended.Dispose();
    }

    private async Task EndBeatingAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
    }

    private async Task BeatAsync()
    {
        var lease = TimeSpan.FromSeconds(Claim.LeaseSeconds);
        var pause = lease / 3 < News ? lease / 3 : News;
        var kept = _clock.GetTimestamp();
        var said = _next;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, _clock, _ended.Token).ConfigureAwait(false);
                var next = Volatile.Read(ref _next);
                if (next == said && _clock.GetElapsedTime(kept) + pause < lease / 3)
                    continue;
                var reply = await _registry.Work.HeartbeatAsync(Claim.Id, next, _ended.Token).ConfigureAwait(false);
                said = next;
                kept = _clock.GetTimestamp();
                await ObserveAsync(reply).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (TemperException e) when (e.Code == "lease_lost" || _clock.GetElapsedTime(kept) > lease)
            {
                await LoseAsync().ConfigureAwait(false);
                return;
            }
            catch (TemperException)
            {
                // No answer yet, or one that says nothing of the lease (a key that was changed, a fault over there): it may still hold, and the next beat tells.
            }
        }
    }
}

using System.Runtime.ExceptionServices;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Core.Work;

/// <summary>Waits for the bell, claims, works, settles, and begins again.</summary>
/// <param name="registry">Where rows are claimed; a patient client.</param>
/// <param name="doorbell">What wakes this worker.</param>
/// <param name="worker">Who claims, for people.</param>
/// <param name="lease">How long a claim holds without a heartbeat.</param>
/// <param name="clock">Time.</param>
public sealed class WorkLoop(RegistryClient registry, IDoorbell doorbell, string worker, TimeSpan lease, TimeProvider clock)
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForClaim = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ForLeftOver = TimeSpan.FromSeconds(1);

    /// <summary>Memory that the next claim may take, bytes; null: whatever it needs.</summary>
    public Func<long>? FreeMemory { get; init; }

    /// <summary>
    /// Runs until <paramref name="ct"/>. A row waits even where no bell rang (a lost message, an expired lease), so every wait ends with a look.
    /// </summary>
    /// <param name="kinds">Kinds of work to claim.</param>
    /// <param name="work">Does one claim to its end. What it throws ends the loop: it has its own last resort.</param>
    /// <param name="ct">Stops claiming; the running claim sees the same token.</param>
    public async Task RunAsync(IReadOnlyList<WorkKind> kinds, Func<WorkClaim, CancellationToken, Task> work, CancellationToken ct)
    {
        WorkRing? ring = null;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var some = false;
                for (; await ClaimAsync(kinds, ct).ConfigureAwait(false) is { } claim; some = true)
                    await work(claim, ct).ConfigureAwait(false);
                // The bell does not know what fits in here: it rings again at once for a row that does not.
                if (ring is not null && !some && FreeMemory is not null)
                    await Task.Delay(AfterError, clock, ct).ConfigureAwait(false);
                if (ring is not null)
                    await doorbell.SettleAsync(ring, ct).ConfigureAwait(false);
                ring = await doorbell.WaitAsync(kinds, LongestSleep, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (TemperException e) when (e.Kind is ErrorKind.Environment)
            {
                await Task.Delay(AfterError, clock, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Takes one ring, works until nothing is left to claim, settles the ring, then those of the rows that it found done, and ends: one execution of a platform
    /// that starts workers by the length of a queue. What throws leaves the ring unsettled, so that it comes again; so does a row that still waits as it was
    /// rung for, because it needs more than this worker has (the row says what). Its ring comes until another worker takes the row, or the queue gives it up.
    /// </summary>
    /// <param name="kinds">Kinds of work to claim.</param>
    /// <param name="work">Does one claim to its end.</param>
    /// <param name="patience">Longest wait for the ring; what is queued is claimed even where none came. Zero: someone else holds the ring.</param>
    /// <param name="ct">Stops claiming; the running claim sees the same token.</param>
    /// <exception cref="TemperException">The doorbell or the registry does not answer. A doorbell's silence is told when what is queued is done.</exception>
    public async Task DrainAsync(IReadOnlyList<WorkKind> kinds, Func<WorkClaim, CancellationToken, Task> work, TimeSpan patience, CancellationToken ct)
    {
        WorkRing? ring = null;
        try
        {
            for (var wait = patience; ; wait = ForLeftOver)
            {
                (ring, var silence) = wait > TimeSpan.Zero ? await ListenAsync(kinds, wait, ct).ConfigureAwait(false) : default;
                while (await ClaimAsync(kinds, ct).ConfigureAwait(false) is { } claim)
                    await work(claim, ct).ConfigureAwait(false);
                silence?.Throw();
                if (ring is null || !await SettleAsync(ring, ct).ConfigureAwait(false))
                    return;
            }
        }
        catch (OperationCanceledException) when (ring is not null && ct.IsCancellationRequested)
        {
            await SettleInHasteAsync(ring).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<(WorkRing? Ring, ExceptionDispatchInfo? Silence)> ListenAsync(IReadOnlyList<WorkKind> kinds, TimeSpan wait, CancellationToken ct)
    {
        try
        {
            return (await doorbell.WaitAsync(kinds, wait, ct).ConfigureAwait(false), null);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Environment)
        {
            return (null, ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <summary>False: the row still waits as it was rung for, so its ring stays.</summary>
    private async Task<bool> SettleAsync(WorkRing ring, CancellationToken ct)
    {
        if (await registry.Jobs.FindAsync(ring.Id, ct).ConfigureAwait(false) is { State: WorkState.Queued } row && row.Attempt == ring.Attempt)
            return false;
        await doorbell.SettleAsync(ring, ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>A row that a stopping worker hands back rings anew: the ring that brought it here would only start another worker for nothing.</summary>
    private async Task SettleInHasteAsync(WorkRing ring)
    {
        using var limit = new CancellationTokenSource(ForClaim, clock);
        try
        {
            await SettleAsync(ring, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TemperException or OperationCanceledException)
        {
            // Then it comes again: whoever answers finds nothing to claim.
        }
    }

    /// <summary>One claim, or null. One that is cut off may have been given all the same, and its row would wait for the lease to run out; so a claim
    /// under way when <paramref name="ct"/> stops the worker may end, and the row is handed back.</summary>
    public async Task<WorkClaim?> ClaimAsync(IReadOnlyList<WorkKind> kinds, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var stopped = ct.Register(() => late.CancelAfter(ForClaim));
        return await registry.Work.ClaimAsync(new(worker, kinds, (int)lease.TotalSeconds, 0) { FreeMemory = FreeMemory?.Invoke() }, late.Token).ConfigureAwait(false);
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Temper.Training;

/// <summary>Why a run is to stop before its end.</summary>
public enum StopReason
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Someone cancelled it: the last checkpoint stays.</summary>
    Cancelled,

    /// <summary>Someone paused it: save a checkpoint, then stop; it goes on when it is resumed.</summary>
    Paused,

    /// <summary>The host goes down: save a checkpoint, then stop; another worker goes on.</summary>
    HandedBack,

    /// <summary>The work belongs to someone else: write nothing more.</summary>
    LeaseLost,
}

/// <summary>Stops a run from outside at its next micro-batch. Safe from any thread; a more urgent reason replaces a lesser one.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or wait handle holds nothing, and whoever asks may come after the run.")]
public sealed class RunControl
{
    private readonly CancellationTokenSource _stop = new();
    private int _reason;

    /// <summary>Step behind which the run pauses by itself; null: none.</summary>
    public int? PauseAt { get; init; }

    /// <summary>What was asked for.</summary>
    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    /// <summary>Whether the run is to stop.</summary>
    public bool Stopping => Reason != StopReason.None;

    /// <summary>Cancelled as soon as the run is to stop, for whoever waits.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Asks.</summary>
    public void Ask(StopReason reason)
    {
        for (var seen = Volatile.Read(ref _reason); seen < (int)reason;)
            seen = Interlocked.CompareExchange(ref _reason, (int)reason, seen);
        if (Stopping)
            _stop.Cancel();
    }
}

namespace Temper.Training.Estimation;

/// <summary>What a run will take, known before it begins.</summary>
/// <param name="Parameters">Numbers in the model and its adapter.</param>
/// <param name="Trainable">Of them, those that are trained.</param>
/// <param name="Memory">In the engine.</param>
/// <param name="Examples">To train on.</param>
/// <param name="HeldOut">To measure.</param>
/// <param name="TokensPerEpoch">Counted, not guessed.</param>
/// <param name="SupervisedPerEpoch">Of them, labels.</param>
/// <param name="UpdatesPerEpoch">Optimizer steps in one pass.</param>
/// <param name="Updates">Optimizer steps of the run.</param>
/// <param name="Time">From the first to the last step, loading and publishing not counted.</param>
public sealed record RunEstimate(long Parameters, long Trainable, MemoryEstimate Memory, int Examples, int HeldOut, long TokensPerEpoch, long SupervisedPerEpoch, int UpdatesPerEpoch, int Updates, TimeEstimate Time)
{
    /// <summary>Cost of <see cref="Time"/>; null where the recipe names no <c>cost_per_hour</c>.</summary>
    public double? Cost { get; init; }

    /// <summary>Whether a limit of the recipe will be exceeded: memory, time or cost; empty where all fits.</summary>
    public IReadOnlyList<Core.Errors.Problem> Problems { get; init; } = [];
}

/// <summary>Seconds of a run.</summary>
/// <param name="Low">If every step is as fast as the fastest of the trial.</param>
/// <param name="Seconds">As the trial went on the whole.</param>
/// <param name="High">If every step is as slow as the slowest.</param>
/// <param name="TokensPerSecond">In the trial.</param>
/// <param name="Updates">Steps of the trial that were timed.</param>
public sealed record TimeEstimate(double Low, double Seconds, double High, double TokensPerSecond, int Updates);

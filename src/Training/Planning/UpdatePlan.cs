using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Training.Planning;

/// <summary>How many optimizer steps a run has, and what happens after which. A function of the recipe and of the number of items alone.</summary>
public sealed record UpdatePlan
{
    private readonly TrainingSettings _settings;
    private readonly EpochLengths? _epochs;
    private readonly Func<int, double> _curve;

    /// <summary>The plan for <paramref name="items"/> examples, or blocks when they are packed.</summary>
    public UpdatePlan(int items, TrainingSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(items);
        _settings = settings;
        MicroBatchesPerEpoch = (int)(((long)items + settings.PerDeviceTrainBatchSize - 1) / settings.PerDeviceTrainBatchSize);
        UpdatesPerEpoch = (int)(((long)MicroBatchesPerEpoch + settings.GradientAccumulationSteps - 1) / settings.GradientAccumulationSteps);
        TotalSteps = settings.MaxSteps ?? checked((int)Math.Ceiling((settings.NumTrainEpochs ?? 1) * UpdatesPerEpoch));
        WarmupSteps = settings.WarmupSteps ?? (int)Math.Ceiling(TotalSteps * (settings.WarmupRatio ?? 0));
        _curve = Schedule.Of(settings, WarmupSteps, TotalSteps);
    }

    /// <summary>The plan for several datasets, whose epochs may differ in length.</summary>
    /// <exception cref="Core.Errors.TemperException"><c>schedule_gap</c>: at some step no dataset is active.</exception>
    internal UpdatePlan(EpochLengths epochs, StopOn stop, TrainingSettings settings)
    {
        (_epochs, _settings) = (epochs, settings);
        TotalSteps = settings.MaxSteps ?? Steps(epochs, settings.NumTrainEpochs ?? 1);
        epochs.Simulate(TotalSteps);
        UpdatesPerEpoch = stop == StopOn.MaxSteps ? TotalSteps : checked((int)epochs.StepsAfter(1));
        MicroBatchesPerEpoch = checked(UpdatesPerEpoch * settings.GradientAccumulationSteps);
        WarmupSteps = settings.WarmupSteps ?? (int)Math.Ceiling(TotalSteps * (settings.WarmupRatio ?? 0));
        _curve = Schedule.Of(settings, WarmupSteps, TotalSteps);
    }

    /// <summary>Micro-batches in one pass over the data, the last one maybe short. Of several datasets: at most, in the first epoch.</summary>
    public int MicroBatchesPerEpoch { get; }

    /// <summary>Optimizer steps in one pass (of several datasets: in the first epoch); the last one may have fewer micro-batches and is normalised by what it has.</summary>
    public int UpdatesPerEpoch { get; }

    /// <summary>Optimizer steps of the run.</summary>
    public int TotalSteps { get; }

    /// <summary>Steps that warm up.</summary>
    public int WarmupSteps { get; }

    /// <summary>Learning rate of the 0-based <paramref name="step"/>.</summary>
    public double LearningRate(int step) => _settings.LearningRate * _curve(step);

    /// <summary>Whether the held-out records are measured once <paramref name="done"/> steps are done; always after the last when ever.</summary>
    public bool EvaluateAfter(int done) => _settings.EvalStrategy != Cadence.No
        && (done == TotalSteps || Due(_settings.EvalStrategy, _settings.EvalSteps ?? _settings.LoggingSteps, done));

    /// <summary>Whether a checkpoint is written once <paramref name="done"/> steps are done; always after the last when ever, so that publishing can be repeated.</summary>
    public bool SaveAfter(int done) => _settings.SaveStrategy != Cadence.No && (done == TotalSteps || Due(_settings.SaveStrategy, _settings.SaveSteps ?? 500, done));

    private bool Due(Cadence cadence, double steps, int done) => cadence switch
    {
        Cadence.Epoch => _epochs?.EndsWith(done) ?? (done % UpdatesPerEpoch == 0),
        Cadence.Steps => done % (steps >= 1 ? (int)Math.Min(int.MaxValue, steps) : Math.Max(1, (int)Math.Ceiling(TotalSteps * steps))) == 0,
        _ => false,
    };

    /// <summary>Whole epochs, and of the last one its share, rounded up.</summary>
    private static int Steps(EpochLengths epochs, double count)
    {
        var whole = (int)Math.Floor(count);
        var steps = epochs.StepsAfter(whole);
        return checked((int)(count == whole ? steps : steps + (long)Math.Ceiling((count - whole) * (epochs.StepsAfter(whole + 1) - steps))));
    }
}

using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Training.Checkpoints;
using Temper.Training.Planning;
using Temper.Training.Sampling;

namespace Temper.Training;

/// <summary>How far the loop is.</summary>
internal sealed class RunState
{
    private readonly List<StepMetrics> _log;
    private readonly List<Substitution> _substituted;
    private readonly double _secondsBefore;
    private readonly TimeProvider _clock;
    private readonly long _began;

    public RunState(Progress? resumed, TimeProvider clock)
    {
        (_clock, _began) = (clock, clock.GetTimestamp());
        (Step, _secondsBefore) = (resumed?.Step ?? 0, resumed?.Seconds ?? 0);
        _log = [.. resumed?.Log ?? []];
        (Data, _substituted) = (resumed?.Data, [.. resumed?.Substituted ?? []]);
    }

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    public IReadOnlyList<StepMetrics> Log => _log;

    /// <summary>Time in training, of all attempts.</summary>
    public TimeSpan Elapsed => TimeSpan.FromSeconds(_secondsBefore) + _clock.GetElapsedTime(_began);

    /// <summary>A copy that stays when the loop goes on.</summary>
    public Progress Progress => new(Step, Elapsed.TotalSeconds, [.. _log], Data, _substituted.Count == 0 ? null : [.. _substituted]);

    /// <summary>Where the data stands after the last step; null where the step says it all.</summary>
    public SamplerState? Data { get; private set; }

    /// <summary>Records that could not be read, of all attempts.</summary>
    public IReadOnlyList<Substitution> Substituted => _substituted;

    /// <summary>Dropped updates at the end of the log.</summary>
    public int DroppedInARow => Enumerable.Reverse(_log).TakeWhile(s => s.Values.ContainsKey("skipped")).Count();

    public StepMetrics Advance(SortedDictionary<string, double> values, Update update)
    {
        Data = update.State;
        _substituted.AddRange(update.Substitutions);
        var done = new StepMetrics(++Step, values);
        _log.Add(done);
        return done;
    }
}

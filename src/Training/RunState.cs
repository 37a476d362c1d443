using Temper.Core.Work;
using Temper.Training.Checkpoints;

namespace Temper.Training;

/// <summary>How far the loop is.</summary>
internal sealed class RunState
{
    private readonly List<StepMetrics> _log;
    private readonly double _secondsBefore;
    private readonly TimeProvider _clock;
    private readonly long _began;

    public RunState(Progress? resumed, TimeProvider clock)
    {
        (_clock, _began) = (clock, clock.GetTimestamp());
        (Step, _secondsBefore) = (resumed?.Step ?? 0, resumed?.Seconds ?? 0);
        _log = [.. resumed?.Log ?? []];
    }

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    public IReadOnlyList<StepMetrics> Log => _log;

    /// <summary>Time in training, of all attempts.</summary>
    public TimeSpan Elapsed => TimeSpan.FromSeconds(_secondsBefore) + _clock.GetElapsedTime(_began);

    /// <summary>A copy that stays when the loop goes on.</summary>
    public Progress Progress => new(Step, Elapsed.TotalSeconds, [.. _log]);

    /// <summary>Dropped updates at the end of the log.</summary>
    public int DroppedInARow => Enumerable.Reverse(_log).TakeWhile(s => s.Values.ContainsKey("skipped")).Count();

    public StepMetrics Advance(SortedDictionary<string, double> values)
    {
        var done = new StepMetrics(++Step, values);
        _log.Add(done);
        return done;
    }
}

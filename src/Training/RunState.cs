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
    private readonly IReadOnlyList<StepBack> _back;

    public RunState(Progress? resumed, TimeProvider clock)
        : this(resumed ?? Progress.Nothing, resumed?.Seconds ?? 0, clock, clock.GetTimestamp(), resumed?.Back ?? [])
    {
    }

    private RunState(Progress at, double secondsBefore, TimeProvider clock, long began, IReadOnlyList<StepBack> back)
    {
        (Step, _secondsBefore, _clock, _began, _back) = (at.Step, secondsBefore, clock, began, back);
        (_log, Data, _substituted, From) = ([.. at.Log], at.Data, [.. at.Substituted ?? []], at.From);
    }

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    public IReadOnlyList<StepMetrics> Log => _log;

    /// <summary>Time in training, of all attempts.</summary>
    public TimeSpan Elapsed => TimeSpan.FromSeconds(_secondsBefore) + _clock.GetElapsedTime(_began);

    /// <summary>A copy that stays when the loop goes on.</summary>
    public Progress Progress => new(Step, Elapsed.TotalSeconds, [.. _log], Data, _substituted.Count == 0 ? null : [.. _substituted], _back.Count == 0 ? null : _back, From);

    /// <summary>Where the data stands after the last step; null where the step says it all.</summary>
    public SamplerState? Data { get; private set; }

    /// <summary>Records that could not be read, of all attempts.</summary>
    public IReadOnlyList<Substitution> Substituted => _substituted;

    /// <summary>Another job's checkpoint that the run began with.</summary>
    public CheckpointPin? From { get; }

    /// <summary>How often the run went back.</summary>
    public int TimesBack => _back.Count;

    /// <summary>The run at an earlier checkpoint; time goes on.</summary>
    public RunState BackAt(Progress earlier) => new(earlier with { From = From }, _secondsBefore, _clock, _began, [.. _back, new(Step + 1, earlier.Step)]);

    public StepMetrics Advance(SortedDictionary<string, double> values, Update update)
    {
        Data = update.State;
        _substituted.AddRange(update.Substitutions);
        var done = new StepMetrics(++Step, values);
        _log.Add(done);
        return done;
    }
}

using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>What becomes of an update.</summary>
internal enum Verdict
{
    /// <summary>It is made.</summary>
    Accepted,

    /// <summary>It is dropped: weights, moments and their count stay.</summary>
    Dropped,

    /// <summary>Its loss is a spike that the run goes back from.</summary>
    GoBack,
}

/// <summary>Looks at loss and gradient norm before an update may use them: a destroyed model is never made, so never saved.</summary>
internal sealed class Guard(TrainRun run, ChannelWriter<TrainEvent> events, IReadOnlyList<StepMetrics> log, int goneBack)
{
    /// <summary>How often a run goes back before spikes are only told.</summary>
    public const int MostTimesBack = 3;

    private const int MostNamed = 8;
    private readonly SpikeDetector _spikes = new(log);
    private readonly int _most = run.Recipe.Training.MaxSkippedSteps ?? 3;
    private readonly bool _goesBack = run.Recipe.Training.OnSpike == SpikePolicy.Rollback && goneBack < MostTimesBack && run.Checkpoints is not null;
    private int _dropped = log.Reverse().TakeWhile(step => step.Values.ContainsKey("skipped")).Count();

    /// <summary>Whether the update may be made. <paramref name="step"/> is 1-based.</summary>
    /// <param name="step">Of the update.</param>
    /// <param name="loss">Its mean loss.</param>
    /// <param name="norm">Of its gradients.</param>
    /// <param name="update">Its examples.</param>
    /// <param name="culprits">Finds the examples to blame; asked only when something is not finite.</param>
    /// <exception cref="TemperException"><c>loss_not_finite</c>.</exception>
    public Verdict Judge(int step, double loss, double norm, Update update, Func<IReadOnlyList<Digest>> culprits)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            return Refuse(step, loss, norm, update, culprits());
        _dropped = 0;
        var score = _spikes.ScoreOf(loss);
        _spikes.Add(loss);
        if (score <= SpikeDetector.Limit)
            return Verdict.Accepted;
        events.TryWrite(new TrainEvent.Spiked(step, loss, score, [.. update.Records]));
        return _goesBack ? Verdict.GoBack : Verdict.Accepted;
    }

    private Verdict Refuse(int step, double loss, double norm, Update update, IReadOnlyList<Digest> culprits)
    {
        var all = update.Records.Distinct().Count();
        var blame = culprits.Count == 0 ? $"each of its {all} records is finite alone"
            : culprits.Count == all ? $"so it is for each of its {all} records alone, so look at the weights and learning_rate before the records ({Names(culprits)})"
            : $"of its {all} records these are not finite: {Names(culprits)}";
        var what = FormattableString.Invariant($"In step {step} the loss is {loss} and the gradient norm {norm}; {blame}");
        if (run.Recipe.Training.OnNan == BadNumberPolicy.Fail)
            throw Failed(what + ".", culprits);
        if (++_dropped >= _most)
            throw Failed($"{what}; {_dropped} updates in a row were dropped, as many as max_skipped_steps allows.", culprits);
        events.TryWrite(new TrainEvent.Dropped(step, what + ": the update is dropped.", culprits));
        return Verdict.Dropped;
    }

    private static TemperException Failed(string what, IReadOnlyList<Digest> culprits) =>
        new([new Problem("loss_not_finite", what) { Value = culprits.Count == 1 ? culprits[0].Hex : null }]);

    private static string Names(IReadOnlyList<Digest> records) => string.Join(", ", records.Take(MostNamed).Select(r => r.Short)) + (records.Count > MostNamed ? ", …" : "");
}

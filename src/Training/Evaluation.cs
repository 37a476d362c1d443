using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Ranks;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>Loss and accuracy on held-out examples, each unit (a supervised token, or an example) counting once.</summary>
public sealed class Evaluation
{
    private readonly LossSums _sums;
    private readonly bool _perToken;
    private readonly string _accuracy;

    private Evaluation(LossSums sums, long units, UnitNames names) => (_sums, Units, _accuracy, _perToken) = (sums, units, names.Accuracy, names == UnitNames.Tokens);

    /// <summary>Supervised tokens, or examples.</summary>
    public long Units { get; }

    /// <summary>Mean loss of a unit.</summary>
    public double Loss => _sums.Loss / Math.Max(1, Units);

    /// <summary>Share of units that the model would have said (or chosen) itself.</summary>
    public double Accuracy => _sums.Correct / Math.Max(1, Units);

    /// <summary>Measures a run's held-out examples. No graph, no dropout, no state: training bits do not change.</summary>
    public static Evaluation Of(TrainRun run) => Of(run.Objective, run.HeldOut, run.Recipe);

    /// <summary>The same, shared among the processes of the job; bits do not depend on their number.</summary>
    internal static Evaluation Of(TrainRun run, Crew crew)
    {
        var (sums, units) = (new LossSums(), 0L);
        foreach (var values in crew.Measure(Batches.InOrder(run.HeldOut, run.Recipe, run.Objective.Lay).Select(micro =>
        {
            units += micro.Units;
            return micro;
        })))
            sums.Add(values);
        return new(sums, units, run.Objective.Names);
    }

    /// <summary>Measures examples.</summary>
    public static Evaluation Of(IObjective objective, IReadOnlyList<TrainExample> examples, Recipe recipe)
    {
        var (sums, units) = (new LossSums(), 0L);
        foreach (var micro in Batches.InOrder(examples, recipe, objective.Lay))
        {
            sums.Add(Follower.Measure(objective, micro));
            units += micro.Units;
        }
        return new(sums, units, objective.Names);
    }

    /// <summary>Adds what was measured under names that begin with eval_; nothing, and false, when there is no finite loss.</summary>
    internal bool AddTo(SortedDictionary<string, double> metrics)
    {
        if (Units == 0 || !double.IsFinite(Loss))
            return false;
        metrics["eval_loss"] = Loss;
        metrics["eval_" + _accuracy] = Accuracy;
        if (_perToken)
            metrics["eval_perplexity"] = Math.Exp(Loss);
        _sums.AddMeasures(metrics, Units, "eval_");
        return true;
    }
}

using Temper.Core.Ids;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training;

/// <summary>Finds the examples of an update whose own numbers are not finite, one by one.</summary>
internal static class Culprits
{
    /// <summary>Those whose loss is not finite; where there are none, those whose gradient is not. All gradients are forgotten.</summary>
    public static IReadOnlyList<Digest> Find(TrainRun run, Update update, int step, IOptimizer optimizer)
    {
        var wanted = update.Records.ToHashSet();
        var examples = run.Train.Where(example => wanted.Contains(example.Record)).DistinctBy(example => example.Record).ToArray();
        Digest[] byLoss = [.. examples.Where(example => !double.IsFinite(LossOf(run, example, step))).Select(example => example.Record)];
        if (byLoss.Length > 0)
            return byLoss;
        return [.. examples.Where(example => !double.IsFinite(NormOf(run, example, step, optimizer))).Select(example => example.Record)];
    }

    private static double LossOf(TrainRun run, TrainExample example, int step)
    {
        var (objective, engine) = (run.Objective, run.Objective.Engine);
        using var frozen = engine.NoGrad();
        using var scope = engine.BeginScope();
        return engine.ScalarOf(Loss(run, objective, example, step).Sum);
    }

    private static double NormOf(TrainRun run, TrainExample example, int step, IOptimizer optimizer)
    {
        optimizer.ZeroGrad();
        using var scope = run.Objective.Engine.BeginScope();
        run.Objective.Engine.Backward(Loss(run, run.Objective, example, step).Sum);
        var norm = optimizer.ClipNorm(0);
        optimizer.ZeroGrad();
        return norm;
    }

    private static StepLoss Loss(TrainRun run, IObjective objective, TrainExample example, int step) =>
        objective.Loss(objective.Lay(0, [example]), new LossPass((ulong)run.Recipe.Seed, step, 0));
}

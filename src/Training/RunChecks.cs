using Temper.Core.Errors;
using Temper.Training.Checkpoints;
using Temper.Training.Estimation;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>What must hold before the first step, and what must go on holding.</summary>
internal static class RunChecks
{
    private const double GiB = 1L << 30;

    public static void Examples(TrainRun run)
    {
        var problems = new List<Problem>();
        if (run.Train.Count == 0)
            problems.Add(new("training_data_empty", "There is no example to train on.") { Hint = "Look at the dataset's quarantine: `temper datasets NAME --quarantine`." });
        problems.AddRange(run.Train.Concat(run.HeldOut).SelectMany(example => run.Objective.Check(example, run.Recipe)));
        problems.AddRange(run.Objective.Check(run.Recipe));
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    /// <summary>Where there is a limit: a lower bound (all weights, and gradient and two moments of those that are trained), then the run's largest micro-batch tried.</summary>
    /// <exception cref="TemperException"><c>out_of_memory_expected</c>, with the cheapest remedies and their numbers.</exception>
    public static void Memory(TrainRun run, TrainedWeights weights)
    {
        if (run.Recipe.Limits.MemoryGib is not { } limit)
            return;
        var processes = run.Recipe.Training.DataParallelSize ?? 1;
        var least = processes * (run.Objective.FrozenBytes + 8.0 * weights.Count) + 8.0 * weights.Count;
        if (least > limit * GiB)
            throw new TemperException("out_of_memory_expected", FormattableString.Invariant($"Weights and optimizer alone take {least / GiB:F2} GiB; limits.memory_gib is {limit}."),
                run.Objective.AdapterConfig is null ? "Train an adapter (`lora:`), or raise the limit." : "Raise the limit.");
        if (new MemoryProbe(run).Measure() is { } expected && expected.Peak > limit * GiB)
            throw new TemperException([TrialRun.TooLarge(expected, limit)]);
    }

    /// <param name="limits">Of the recipe.</param>
    /// <param name="state">How far the run is.</param>
    /// <param name="peak">Bytes that the engines of all its processes held at most.</param>
    public static void Limits(LimitSettings limits, RunState state, long peak)
    {
        if (limits.MaxDuration is { } longest && state.Elapsed > longest)
            throw new TemperException("deadline_exceeded", $"After {state.Elapsed:c} and {state.Step} steps, training has used up limits.max_duration of {longest:c}.");
        if (limits is { MaxCost: { } most, CostPerHour: { } rate } && state.Elapsed.TotalHours * rate > most)
            throw new TemperException("budget_exceeded", FormattableString.Invariant($"After {state.Elapsed:c} and {state.Step} steps, training has cost {state.Elapsed.TotalHours * rate:F2}; limits.max_cost is {most}."));
        if (limits.MemoryGib is { } memory && peak > memory * GiB)
            throw new TemperException("out_of_memory_expected", FormattableString.Invariant($"Step {state.Step} took {peak / GiB:F2} GiB; limits.memory_gib is {memory}."));
    }
}

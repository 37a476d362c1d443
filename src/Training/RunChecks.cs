using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>What must hold before the first step, and what must go on holding.</summary>
internal static class RunChecks
{
    private const double GiB = 1L << 30;

    public static void Examples(TrainRun run)
    {
        var problems = new List<Problem>();
        var rows = run.Model.Config.VocabularySize;
        if (run.Train.Count == 0)
            problems.Add(new("training_data_empty", "There is no example to train on.") { Hint = "Look at the dataset's quarantine: `temper datasets NAME --quarantine`." });
        foreach (var example in run.Train.Concat(run.HeldOut))
        {
            if (example.SupervisedCount == 0)
                problems.Add(new("no_supervised_tokens", $"Record {example.Record.Short} has no token to learn from.") { Value = example.Record.Hex });
            if (example.Tokens.Length > run.Recipe.Data.MaxLength)
                problems.Add(new("data_too_long", $"Record {example.Record.Short} has {example.Tokens.Length} tokens; max_length is {run.Recipe.Data.MaxLength}.") { Value = example.Record.Hex });
            if (example.Tokens.Any(t => t < 0 || t >= rows))
                problems.Add(new("vocab_mismatch", $"Record {example.Record.Short} has token {example.Tokens.Max()}, but the model's embedding has {rows} rows.") { Value = example.Record.Hex });
        }
        if (run.Recipe.Data.MaxLength > run.Model.Config.MaxPositions)
            problems.Add(new("length_beyond_model", $"max_length is {run.Recipe.Data.MaxLength}, but the model takes at most {run.Model.Config.MaxPositions} tokens.") { Path = "data.max_length" });
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    /// <summary>A lower bound, known before the first step: all weights, and gradient and two moments of those that are trained.</summary>
    public static void Memory(TrainRun run, TrainedWeights weights)
    {
        var least = run.Model.Weights.Sum(w => w.Tensor.Count * (w.Tensor.DType == DType.Frozen ? 2.0 : 4.0)) + 4.0 * ((run.Adapter is null ? 0 : weights.Count) + 3 * weights.Count);
        if (run.Recipe.Limits.MemoryGib is { } limit && least > limit * GiB)
            throw new TemperException("out_of_memory_expected", FormattableString.Invariant($"Weights and optimizer alone take {least / GiB:F2} GiB; limits.memory_gib is {limit}."),
                run.Adapter is null ? "Train an adapter (`lora:`), or raise the limit." : "Raise the limit.");
    }

    public static void Limits(LimitSettings limits, RunState state, IEngine engine)
    {
        if (limits.MaxDuration is { } longest && state.Elapsed > longest)
            throw new TemperException("deadline_exceeded", $"After {state.Elapsed:c} and {state.Step} steps, training has used up limits.max_duration of {longest:c}.");
        if (limits.MemoryGib is { } memory && engine.Memory().PeakBytes > memory * GiB)
            throw new TemperException("out_of_memory_expected", FormattableString.Invariant($"Step {state.Step} took {engine.Memory().PeakBytes / GiB:F2} GiB; limits.memory_gib is {memory}."));
    }
}

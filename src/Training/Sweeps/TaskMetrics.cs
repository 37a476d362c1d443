using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>The numbers that jobs of a task report, as sweeps may name them.</summary>
internal static class TaskMetrics
{
    /// <summary>All of them, in the order in which they are told; a name with a slash (TRL's of rewards) cannot be compared.</summary>
    public static IReadOnlyList<string> Of(TrainingTask task)
    {
        var names = task switch
        {
            TrainingTask.Dpo or TrainingTask.Orpo => UnitNames.Pairs,
            TrainingTask.SequenceClassification or TrainingTask.ImageClassification => UnitNames.Examples,
            TrainingTask.Embedding => UnitNames.TextPairs,
            _ => UnitNames.Tokens,
        };
        string[] perplexity = names == UnitNames.Tokens ? ["eval_perplexity"] : [];
        string[] all = ["final_loss", "loss", "eval_loss", names.Accuracy, $"eval_{names.Accuracy}", .. perplexity, "grad_norm", "learning_rate", names.Units, "tokens_per_second", "elapsed_seconds", "memory_bytes"];
        return [.. all.Where(name => !name.Contains('/', StringComparison.Ordinal))];
    }
}

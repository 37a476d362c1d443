using Temper.Training.Planning;

namespace Temper.Training;

/// <summary>The numbers of one step, under the names that metrics.jsonl and the dashboard use.</summary>
internal static class StepValues
{
    /// <summary>A step that updated the weights. <paramref name="norm"/> is that before clipping.</summary>
    public static SortedDictionary<string, double> Of(Update update, double loss, double correct, double norm, double rate, TimeSpan took)
    {
        TrainingTelemetry.Steps.Add(1);
        return new(StringComparer.Ordinal)
        {
            ["loss"] = loss,
            ["token_accuracy"] = correct / update.SupervisedTokens,
            ["grad_norm"] = norm,
            ["learning_rate"] = rate,
            ["supervised_tokens"] = update.SupervisedTokens,
            ["tokens_per_second"] = took > TimeSpan.Zero ? Math.Round(update.Tokens / took.TotalSeconds, 1) : 0,
        };
    }

    /// <summary>A step whose update was dropped: its loss or norm is no number, so neither is kept.</summary>
    public static SortedDictionary<string, double> Dropped(Update update, double rate) => new(StringComparer.Ordinal)
    {
        ["skipped"] = 1,
        ["learning_rate"] = rate,
        ["supervised_tokens"] = update.SupervisedTokens,
    };
}

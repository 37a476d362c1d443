using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training;

/// <summary>The numbers of one step, under the names that metrics.jsonl and the dashboard use.</summary>
internal static class StepValues
{
    /// <summary>A step that updated the weights. <paramref name="norm"/> is that before clipping.</summary>
    public static SortedDictionary<string, double> Of(UnitNames names, Update update, LossSums sums, double norm, double rate, TimeSpan took)
    {
        TrainingTelemetry.Steps.Add(1);
        var values = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["loss"] = sums.Loss / update.Units,
            [names.Accuracy] = sums.Correct / update.Units,
            ["grad_norm"] = norm,
            ["learning_rate"] = rate,
            [names.Units] = update.Units,
            ["tokens_per_second"] = took > TimeSpan.Zero ? Math.Round(update.Tokens / took.TotalSeconds, 1) : 0,
        };
        sums.AddMeasures(values, update.Units, "");
        return values;
    }

    /// <summary>A step whose update was dropped: its loss or norm is no number, so neither is kept.</summary>
    public static SortedDictionary<string, double> Dropped(UnitNames names, Update update, double rate) => new(StringComparer.Ordinal)
    {
        ["skipped"] = 1,
        ["learning_rate"] = rate,
        [names.Units] = update.Units,
    };
}

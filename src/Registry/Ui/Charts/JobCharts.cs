using System.Globalization;
using Temper.Core.Work;
using Temper.Registry.Jobs;

namespace Temper.Registry.Ui.Charts;

/// <summary>The charts of a job's page. Which measures there are depends on what the job learns: those that every job has come first.</summary>
internal static class JobCharts
{
    /// <summary>Counts and times that are drawn nowhere: other charts are drawn over them.</summary>
    private static readonly HashSet<string> Plain = ["supervised_tokens", "examples", "skipped", "elapsed_seconds"];

    private static readonly (string Key, string Title, string Unit)[] Always =
        [("learning_rate", "Learning rate", ""), ("grad_norm", "Gradient norm", ""), ("tokens_per_second", "Tokens per second", ""), ("memory_bytes", "Memory of the job", "bytes")];

    /// <summary>Whether a measure is one that people look at by itself.</summary>
    public static bool IsDrawn(string key) => !Plain.Contains(key);

    public static Chart Loss(IReadOnlyDictionary<string, IReadOnlyList<SeriesPiece>> series, IReadOnlyList<StepMark> marks, int planned) => new("loss", "Loss",
        [Line(series, "loss", "loss", "loss"), Line(series, "eval_loss", "eval loss", "eval", dots: true)])
    {
        Planned = planned,
        Marks = [.. marks.Select(mark => new ChartMark(mark.Kind, mark.Step, mark.Value, Words(mark)))],
    };

    public static IReadOnlyList<Chart> Small(IReadOnlyDictionary<string, IReadOnlyList<SeriesPiece>> series, int planned)
    {
        var charts = Always.Select(chart => new Chart(chart.Key, chart.Title, [Line(series, chart.Key, chart.Title, "one")]) { Unit = chart.Unit, Planned = planned }).ToList();
        HashSet<string> shown = ["loss", "eval_loss", .. Plain, .. Always.Select(chart => chart.Key)];
        foreach (var key in series.Keys.Where(key => !shown.Contains(key)).Select(Base).Distinct())
            charts.Add(new(key, Title(key), [Line(series, key, "training", "one"), Line(series, "eval_" + key, "held out", "eval", dots: true)]) { Planned = planned });
        return charts;
    }

    /// <summary>A mark in a sentence.</summary>
    public static string Words(StepMark mark) => mark.Kind switch
    {
        "spike" => string.Create(CultureInfo.InvariantCulture, $"Spike at step {mark.Step}: loss {mark.Value:G5}, {mark.Score:F1} deviations above the last ones; records: {Records(mark)}"),
        "rollback" => string.Create(CultureInfo.InvariantCulture, $"Step {mark.Step} was not made: back to the checkpoint of step {mark.Target}"),
        "dropped" => string.Create(CultureInfo.InvariantCulture, $"The update of step {mark.Step} was dropped: its numbers are not finite; records: {Records(mark)}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{mark.Kind} at step {mark.Step}"),
    };

    private static string Records(StepMark mark) => mark.Records is { Count: > 0 } records
        ? string.Join(", ", records.Select(record => record.File is { } file ? string.Create(CultureInfo.InvariantCulture, $"{record.Record.Short} ({file}:{record.Line})") : record.Record.Short)) : "none alone";

    private static ChartLine Line(IReadOnlyDictionary<string, IReadOnlyList<SeriesPiece>> series, string key, string label, string style, bool dots = false) =>
        new(key, label, style, series.TryGetValue(key, out var pieces) ? [.. JobSeries.Points(pieces).Select(point => ((double)point.Step, point.Value))] : [], dots);

    private static string Base(string key) => key.StartsWith("eval_", StringComparison.Ordinal) ? key[5..] : key;

    private static string Title(string key) => key.Replace('_', ' ') is [var first, .. var rest] ? char.ToUpperInvariant(first) + rest : key;
}

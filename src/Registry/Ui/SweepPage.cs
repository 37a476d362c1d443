using System.Globalization;
using System.Text.Json;
using Temper.Core.Registry;
using Temper.Registry.Jobs;
using Temper.Registry.Sweeps;
using Temper.Registry.Ui.Charts;

namespace Temper.Registry.Ui;

/// <summary>A sweep as its page shows it.</summary>
/// <param name="Sweep">The sweep and its trials, in the order that was asked for.</param>
/// <param name="Parameters">Settings that trials differ in, by path.</param>
public sealed record SweepView(SweepInfo Sweep, IReadOnlyList<string> Parameters)
{
    /// <summary>The metric of the trials by step, the rungs among the steps; null where jobs do not report it.</summary>
    public Chart? Curves { get; init; }

    /// <summary>The metric against each setting.</summary>
    public IReadOnlyList<Scatter> Scatters { get; init; } = [];

    /// <summary>How many trials have a curve; the others rank behind them.</summary>
    public int Drawn { get; init; }
}

/// <summary>Reads sweeps for their pages.</summary>
internal sealed class SweepPage(SweepQueries sweeps, JobSeries series)
{
    private const int MostCurves = 16;

    /// <summary>Null when there is none.</summary>
    /// <param name="id">Its id or name.</param>
    /// <param name="sort">rank, trial, status, steps, metric, or the path of a setting; anything else: rank.</param>
    /// <param name="down">Whether the largest comes first.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<SweepView?> FindAsync(string id, string? sort, bool down, CancellationToken ct)
    {
        if (await sweeps.FindAsync(id, ct) is not { } sweep)
            return null;
        IReadOnlyList<string> parameters = [.. sweep.Trials.SelectMany(trial => trial.Parameters.Keys).Distinct().Order(StringComparer.Ordinal)];
        var trials = Sorted(sweep.Trials, parameters.Contains(sort) ? sort! : "", sort, down);
        var drawn = ByRank(sweep.Trials).Where(trial => trial.Steps > 0).Take(MostCurves).ToList();
        return new(sweep with { Trials = [.. trials] }, parameters)
        {
            Scatters = [.. parameters.Select(parameter => Scatter.Of(parameter, sweep.Trials, sweep.Best)).OfType<Scatter>()],
            Curves = SweepMetric.Parse(sweep.Metric) is { Suite: null, Key: var key } ? await CurvesAsync(sweep, key, drawn, ct) : null,
            Drawn = drawn.Count,
        };
    }

    /// <summary>A setting as people wrote it.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private async Task<Chart> CurvesAsync(SweepInfo sweep, string key, IReadOnlyList<SweepTrial> trials, CancellationToken ct)
    {
        var lines = new List<ChartLine>();
        foreach (var (i, trial) in trials.Index())
            lines.Add(new(trial.JobId.ToString(), $"trial {trial.Index}", $"c{i % 8}",
                [.. JobSeries.Points(await series.ReadAsync(trial.JobId, key, ct)).Select(point => ((double)point.Step, point.Value))], Dots: key.StartsWith("eval_", StringComparison.Ordinal)));
        return new("trials", sweep.Metric, lines) { Guides = [.. (sweep.Rungs ?? []).Select(step => (double)step)], Planned = sweep.Trials.Max(trial => trial.TotalSteps) };
    }

    private static IEnumerable<SweepTrial> ByRank(IEnumerable<SweepTrial> trials) => trials.OrderBy(trial => trial.Rank ?? int.MaxValue).ThenBy(trial => trial.Index);

    private static IEnumerable<SweepTrial> Sorted(IReadOnlyList<SweepTrial> trials, string parameter, string? sort, bool down)
    {
        var sorted = sort switch
        {
            _ when parameter.Length > 0 => trials.OrderBy(trial => Key(trial, parameter)),
            "trial" => trials.OrderBy(trial => trial.Index),
            "status" => trials.OrderBy(trial => trial.Status.ToString(), StringComparer.Ordinal),
            "steps" => trials.OrderBy(trial => trial.Steps),
            "metric" => trials.OrderBy(trial => trial.Metric ?? double.MaxValue),
            _ => ByRank(trials),
        };
        return down ? sorted.Reverse() : sorted;
    }

    /// <summary>Numbers by value, in front of words by spelling.</summary>
    private static (double Number, string Word) Key(SweepTrial trial, string parameter) => !trial.Parameters.TryGetValue(parameter, out var value) ? (double.MaxValue, "")
        : value.ValueKind == JsonValueKind.Number ? (value.GetDouble(), "") : (double.MaxValue, Text(value));
}

/// <summary>A trial in a scatter.</summary>
/// <param name="Across">0 to 1.</param>
/// <param name="Up">0 to 1.</param>
/// <param name="Best">Whether it is the best one.</param>
/// <param name="Words">What it is.</param>
public sealed record ScatterPoint(double Across, double Up, bool Best, string Words);

/// <summary>The metric against one setting: numbers by value (by their logarithms where they span more than a factor of 30), words side by side.</summary>
/// <param name="Parameter">Path of the setting.</param>
/// <param name="Labels">Of the x axis, from left to right: two ends, or all words.</param>
/// <param name="Low">Least metric.</param>
/// <param name="High">Largest metric.</param>
/// <param name="Points">One a trial that has a value.</param>
public sealed record Scatter(string Parameter, IReadOnlyList<string> Labels, double Low, double High, IReadOnlyList<ScatterPoint> Points)
{
    /// <summary>Null where fewer than two values were tried, or no trial has a metric.</summary>
    public static Scatter? Of(string parameter, IReadOnlyList<SweepTrial> trials, int? best)
    {
        var tried = trials.Where(trial => trial.Metric is { } metric && double.IsFinite(metric) && trial.Parameters.ContainsKey(parameter)).ToList();
        var values = tried.Select(trial => trial.Parameters[parameter]).ToList();
        var words = values.Select(value => SweepPage.Text(value)).Distinct().ToList();
        var isNumeric = values.All(value => value.ValueKind == JsonValueKind.Number);
        // 1 and 1.0 are one value.
        if (words.Count < 2 || (isNumeric && values.DistinctBy(value => value.GetDouble()).Count() < 2))
            return null;
        var (low, high) = (tried.Min(trial => trial.Metric!.Value), tried.Max(trial => trial.Metric!.Value));
        var places = isNumeric ? Places([.. values.Select(value => value.GetDouble())]) : [.. values.Select(value => (words.IndexOf(SweepPage.Text(value)) + 0.5) / words.Count)];
        return new(parameter, isNumeric ? [Ends(values).Least, Ends(values).Most] : words, low, high, [.. tried.Select((trial, i) => new ScatterPoint(places[i],
            high > low ? (trial.Metric!.Value - low) / (high - low) : 0.5, trial.Index == best,
            string.Create(CultureInfo.InvariantCulture, $"trial {trial.Index}: {SweepPage.Text(values[i])} gave {trial.Metric:G5}")))]);
    }

    private static (string Least, string Most) Ends(List<JsonElement> values) => (SweepPage.Text(values.MinBy(value => value.GetDouble())), SweepPage.Text(values.MaxBy(value => value.GetDouble())));

    private static double[] Places(double[] numbers)
    {
        var isLog = numbers.Min() > 0 && numbers.Max() / numbers.Min() > 30;
        double[] at = isLog ? [.. numbers.Select(x => Math.Log(x))] : numbers;
        var (least, most) = (at.Min(), at.Max());
        return [.. at.Select(x => (x - least) / (most - least))];
    }
}

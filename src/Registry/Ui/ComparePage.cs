using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Evaluations;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Registry.Ui.Charts;

namespace Temper.Registry.Ui;

/// <summary>A row of a table that has a column a job.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Cells">One a job; empty where a job has none.</param>
public sealed record CompareRow(string Name, IReadOnlyList<string> Cells)
{
    /// <summary>Whether all jobs are alike in it.</summary>
    public bool Same => Cells.Distinct(StringComparer.Ordinal).Count() <= 1;
}

/// <summary>Jobs beside each other.</summary>
/// <param name="Jobs">In the order in which they were asked for.</param>
/// <param name="Unknown">What was asked for and is no training job.</param>
public sealed record CompareView(IReadOnlyList<JobInfo> Jobs, IReadOnlyList<string> Unknown)
{
    /// <summary>Measures that any of them has.</summary>
    public IReadOnlyList<string> Measures { get; init; } = [];

    /// <summary>The curves, one a job.</summary>
    public Chart? Chart { get; init; }

    /// <summary>Settings and inputs.</summary>
    public IReadOnlyList<CompareRow> Settings { get; init; } = [];

    /// <summary>What they came to.</summary>
    public IReadOnlyList<CompareRow> Figures { get; init; } = [];

    /// <summary>Newest results of suites.</summary>
    public IReadOnlyList<CompareRow> Evaluations { get; init; } = [];
}

/// <summary>Reads jobs that are compared.</summary>
internal sealed class ComparePage(JobQueries jobs, JobSeries series, ModelQueries models, EvaluationTable evaluations)
{
    /// <summary>Jobs that are shown at once: as many as there are colours.</summary>
    public const int Most = 8;

    /// <param name="ids">Ids of jobs; what is beyond <see cref="Most"/> is left out.</param>
    /// <param name="measure">Whose curves are drawn.</param>
    /// <param name="axis">What they are drawn over.</param>
    /// <param name="smoothing">0 to below 1: weight of what came before.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<CompareView> FindAsync(IReadOnlyList<string> ids, string measure, CompareAxis axis, double smoothing, CancellationToken ct)
    {
        var (compared, unknown) = (new List<Compared>(), new List<string>());
        foreach (var text in ids.Distinct(StringComparer.Ordinal).Take(Most))
            if (WorkId.TryParse(text, out var id) && await jobs.FindAsync(id, ct) is { Kind: WorkKind.Train } job)
                compared.Add(await ReadAsync(job, ct));
            else
                unknown.Add(text);
        var unit = CompareCurve.Unit(compared.Select(c => c.Series));
        return new([.. compared.Select(c => c.Job)], unknown)
        {
            Measures = [.. compared.SelectMany(c => c.Series.Keys).Where(JobCharts.IsDrawn).Distinct().Order(StringComparer.Ordinal)],
            Chart = new("compare", measure, [.. compared.Select((c, i) => new ChartLine(c.Job.Id.ToString(), Label(c.Job), $"c{i}", CompareCurve.Points(c.Series, measure, axis, unit, smoothing)))]) { XLabel = CompareCurve.Label(axis, unit) },
            Settings = Rows([.. compared.Select(Settings)]),
            Figures = Rows([.. compared.Select(Figures)]),
            Evaluations = Rows([.. compared.Select(Judged)]),
        };
    }

    /// <summary>A job in few words.</summary>
    public static string Label(JobInfo job) => $"{job.Subject} {job.Id.ToString()[^6..]}";

    private async Task<Compared> ReadAsync(JobInfo job, CancellationToken ct)
    {
        var version = await models.OfJobAsync(job.Id, ct);
        return new(job, JobPage.Payload(job), await series.ReadAsync(job.Id, ct), version,
            version is null ? [] : await evaluations.ListAsync(version.Pin.Name, version.Pin.Version, ct));
    }

    private static SortedDictionary<string, string> Settings(Compared of)
    {
        var settings = of.Payload is { } asked ? FlatSettings.Of(asked.Recipe) : [];
        if (of.Payload is not { } payload)
            return settings;
        settings["(base)"] = $"{payload.Base.Name}:{payload.Base.Version}";
        settings["(datasets)"] = string.Join(", ", payload.All.Select(dataset => $"{dataset.Name}:{dataset.Version}"));
        settings["(recipe digest)"] = payload.RecipeDigest.Short;
        if (of.Version?.Lineage is { } lineage)
            (settings["(code)"], settings["(numerics)"]) = (lineage.CodeVersion, lineage.NumericsId);
        return settings;
    }

    private static SortedDictionary<string, string> Figures(Compared of)
    {
        var figures = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["(state)"] = Show.State(of.Job), ["(steps)"] = Show.Number(of.Job.Step), ["(made)"] = Show.Made(of.Job) };
        foreach (var (key, pieces) in of.Series)
            switch (key)
            {
                case "elapsed_seconds": figures["time in training"] = Show.Left((long)(pieces[^1].High * 1000)); break;
                case "memory_bytes": figures["memory, most"] = Show.Bytes((long)pieces.Max(piece => piece.High)); break;
                case "supervised_tokens" or "examples": figures[$"{key.Replace('_', ' ')}, all steps"] = Show.Number((long)pieces.Sum(piece => piece.Sum)); break;
                case "tokens_per_second": figures["tokens per second, mean"] = Show.Figure(Math.Round(pieces.Sum(piece => piece.Sum) / pieces.Sum(piece => piece.Count))); break;
                case "skipped": figures["dropped updates"] = Show.Number(pieces.Sum(piece => piece.Count)); break;
                default:
                    figures[$"{key}, last"] = Show.Figure(JobSeries.Points(pieces).Last().Value);
                    if (key.EndsWith("loss", StringComparison.Ordinal))
                        figures[$"{key}, least"] = Show.Figure(pieces.Min(piece => piece.Low));
                    break;
            }
        return figures;
    }

    private static SortedDictionary<string, string> Judged(Compared of)
    {
        var results = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var result in of.Evaluations)
            foreach (var (metric, value) in result.Metrics)
                results.TryAdd($"{result.Suite} {result.SuiteDigest.Short} {metric}", Show.Figure(value));
        return results;
    }

    private static List<CompareRow> Rows(IReadOnlyList<SortedDictionary<string, string>> columns) =>
        [.. columns.SelectMany(column => column.Keys).Distinct().Order(StringComparer.Ordinal).Select(name => new CompareRow(name, [.. columns.Select(column => column.GetValueOrDefault(name, ""))]))];

    private sealed record Compared(JobInfo Job, TrainPayload? Payload, SortedDictionary<string, IReadOnlyList<SeriesPiece>> Series, ModelVersionInfo? Version, IReadOnlyList<EvaluationInfo> Evaluations);
}

using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Evaluations;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Sweeps;

/// <summary>A trial with the row of work that is its life.</summary>
internal sealed record TrialRow
{
    private const string Columns = """
        select t.idx, t.job_id, t.parameters, t.rung, t.stopped, t.metric, t.reason, w.state, w.fence, w.pause_at, w.reached, w.reached_step, w.step, w.total_steps,
            w.outcome, w.errors, w.waits, w.started_ms, w.ended_ms
        """;

    /// <summary>The last point of a number, behind the first step of its last bucket: a number that was told seldom, or never, costs no walk through all points.</summary>
    private const string Live = """
        , (select m.value from work_metrics m where m.work_id = t.job_id and m.key = @key
            and m.step >= (select max(s.bucket) * 16 from work_series s where s.work_id = t.job_id and s.key = @key) order by m.step desc limit 1) as told
        """;

    private const string OfSweep = " from sweep_trials t join work w on w.id = t.job_id where t.sweep_id = @sweep order by t.idx";

    public long Idx { get; init; }
    public WorkId JobId { get; init; }
    public string Parameters { get; init; } = "{}";
    public long Rung { get; init; }
    public long Stopped { get; init; }
    public double? Metric { get; init; }
    public string? Reason { get; init; }
    public WorkState State { get; init; }
    public long Fence { get; init; }
    public long? PauseAt { get; init; }
    public string? Reached { get; init; }
    public long? ReachedStep { get; init; }
    public long Step { get; init; }
    public long TotalSteps { get; init; }
    public string? Outcome { get; init; }
    public string? Errors { get; init; }
    public string? Waits { get; init; }
    public long? StartedMs { get; init; }
    public long? EndedMs { get; init; }
    public double? Told { get; init; }

    /// <summary>Model version that came of it.</summary>
    public WorkOutcome? Made => Column.Read<WorkOutcome>(Outcome);

    /// <summary>The trials of a sweep, in order, each with its value where there is one.</summary>
    /// <param name="session">Where to read.</param>
    /// <param name="sweep">The sweep.</param>
    /// <param name="locked">Whether rows of work stay as they are until the transaction ends.</param>
    /// <param name="ct">Stops waiting.</param>
    public static async Task<List<Trial>> ReadAsync(DbSession session, SweepRow sweep, bool locked, CancellationToken ct)
    {
        var metric = SweepMetric.Parse(sweep.Metric);
        var (judged, lasting) = (metric.Suite is not null, locked ? " /*for update*/" : "");
        var rows = await session.QueryAsync<TrialRow>($"{Columns}{(judged ? "" : Live)}{OfSweep}{lasting}", new { sweep = sweep.Id, key = metric.Key }, ct);
        var trials = new List<Trial>(rows.Count);
        foreach (var row in rows)
        {
            var result = judged && row.Metric is null ? await row.JudgedAsync(session, metric, sweep.SuiteDigest, ct) : null;
            var value = row.Metric ?? (judged ? Value(result, metric.Key) : row.Value(metric.Key));
            trials.Add(new(row, row.Standing(awaitsSuite: judged && row.Metric is null && result is null), value));
        }
        return trials;
    }

    /// <summary>What it had reached when it stopped decides; while it runs, what it told last.</summary>
    private double? Value(string key) =>
        (State != WorkState.Running ? Value(Column.Read<Dictionary<string, double>>(Reached), key) : null) ?? Told;

    private static double? Value(IReadOnlyDictionary<string, double>? metrics, string key) => metrics is not null && metrics.TryGetValue(key, out var value) ? value : null;

    /// <summary>What the suite found of its model; null while there is no result.</summary>
    private async Task<IReadOnlyDictionary<string, double>?> JudgedAsync(DbSession session, SweepMetric metric, string? digest, CancellationToken ct) =>
        Made is { Name: { } model, Version: { } version } ? await EvaluationTable.NewestAsync(session, model, version, metric.Suite!, digest, ct) : null;

    private TrialStatus Standing(bool awaitsSuite) => State switch
    {
        _ when Stopped != 0 => TrialStatus.Stopped,
        WorkState.Completed => awaitsSuite ? TrialStatus.Evaluating : TrialStatus.Completed,
        WorkState.Failed => TrialStatus.Failed,
        WorkState.Cancelled => TrialStatus.Cancelled,
        WorkState.Paused => ReachedStep >= PauseAt ? TrialStatus.Held : TrialStatus.Paused,
        WorkState.Running => TrialStatus.Running,
        _ => TrialStatus.Queued,
    };

    public SweepTrial ToInfo(TrialStatus status, double? value, int? rank, int wholeRun) => new((int)Idx, JobId, status, Column.Read<SortedDictionary<string, JsonElement>>(Parameters)!, (int)Rung,
        (int)Step, wholeRun > 0 ? wholeRun : (int)TotalSteps, value, rank, Made?.Name, Made?.Version,
        Reason ?? (status == TrialStatus.Failed && Column.Read<List<Problem>>(Errors) is [var first, ..] ? $"{first.Code}: {first.Message}" : status == TrialStatus.Queued ? Waits : null), StartedMs, EndedMs);
}

/// <summary>A trial, where it stands, and its value.</summary>
internal sealed record Trial(TrialRow Row, TrialStatus Status, double? Value)
{
    /// <summary>As decisions see it.</summary>
    public TrialFacts Facts => new((int)Row.Idx, (int)Row.Rung, Status, Value);
}

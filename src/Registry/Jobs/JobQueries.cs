using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Jobs;

/// <summary>Reads rows of work, their metrics and logs. Safe from any thread.</summary>
public sealed class JobQueries
{
    private const string Points = """
        select step, key, value from work_metrics where work_id = @id and step > @after and step <= coalesce((select max(step) from
            (select distinct step from work_metrics where work_id = @id and step > @after order by step limit @limit) page), 0) order by step, key
        """;

    /// <summary>A checkpoint is no news to a chart, and a long job has many.</summary>
    private const string Marks = """
        select seq, mark from work_log where work_id = @id and mark is not null and substr(mark, 1, 20) <> '{"kind":"checkpoint"' order by seq desc limit @most
        """;

    private readonly Db _db;

    internal JobQueries(Db db) => _db = db;

    /// <summary>Newest first; null <paramref name="kind"/>: all.</summary>
    public async Task<Page<JobInfo>> ListAsync(WorkKind? kind, string? cursor, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var where = kind is { } only ? $"kind = '{Column.Word(only)}'" : "1 = 1";
        var (before, id) = Cut(cursor);
        var rows = await _db.QueryAsync<WorkRow>($"""
            select {WorkRow.Columns} from work where {where} and (created_ms < @before or (created_ms = @before and id < @id))
            order by created_ms desc, id desc limit @more
            """, new { before, id, more = limit + 1 }, ct);
        return Paging.Of(rows, limit, row => row.ToInfo(), row => $"{row.CreatedMs}.{row.Id}");
    }

    /// <summary>Null when there is none.</summary>
    public async Task<JobInfo?> FindAsync(WorkId id, CancellationToken ct) =>
        (await _db.FindAsync<WorkRow>($"select {WorkRow.Columns} from work where id = @id", new { id }, ct))?.ToInfo();

    /// <summary>Points after a step, in order of steps. The cursor is the last step.</summary>
    public async Task<Page<StepMetrics>> MetricsAsync(WorkId id, int afterStep, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var rows = await _db.QueryAsync<PointRow>(Points, new { id, after = (long)afterStep, limit = limit + 1 }, ct);
        var steps = rows.GroupBy(row => row.Step).Select(step =>
            new StepMetrics((int)step.Key, new(step.ToDictionary(p => p.Key, p => p.Value), StringComparer.Ordinal))).ToList();
        return Paging.Of(steps, limit, step => step, step => $"{step.Step}");
    }

    /// <summary>Every point of a job, in order of steps.</summary>
    internal async Task<IReadOnlyList<StepMetrics>> AllMetricsAsync(WorkId id, CancellationToken ct)
    {
        List<StepMetrics> all = [];
        for (Page<StepMetrics> page = new([], ""); page.NextCursor is not null;)
        {
            page = await MetricsAsync(id, all.Count == 0 ? 0 : all[^1].Step, Paging.Most, ct);
            all.AddRange(page.Items);
        }
        return all;
    }

    /// <summary>Lines after a number, in order. The cursor is the last number.</summary>
    public async Task<Page<JobLogLine>> LogAsync(WorkId id, long afterSeq, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var rows = await _db.QueryAsync<LineRow>("select seq, at_ms, level, text, mark from work_log where work_id = @id and seq > @after order by seq limit @more",
            new { id, after = afterSeq, more = limit + 1 }, ct);
        return Paging.Of(rows, limit, row => row.ToLine(), row => $"{row.Seq}");
    }

    /// <summary>The last lines, in order.</summary>
    internal async Task<IReadOnlyList<JobLogLine>> LastLinesAsync(WorkId id, int most, CancellationToken ct)
    {
        var rows = await _db.QueryAsync<LineRow>("select seq, at_ms, level, text, mark from work_log where work_id = @id order by seq desc limit @most", new { id, most }, ct);
        return [.. rows.Select(row => row.ToLine()).Reverse()];
    }

    /// <summary>What stands out on the curves, in the order in which it happened; the last <paramref name="most"/>.</summary>
    internal async Task<IReadOnlyList<StepMark>> MarksAsync(WorkId id, int most, CancellationToken ct)
    {
        var rows = await _db.QueryAsync<LineRow>(Marks, new { id, most }, ct);
        return [.. rows.Select(row => row.ToLine().Mark!).Reverse()];
    }

    private static (long Before, string Id) Cut(string? cursor)
    {
        if (cursor is null)
            return (long.MaxValue, "");
        var dot = cursor.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? (Paging.Number(cursor[..dot], 0), cursor[(dot + 1)..]) : throw Paging.Invalid(cursor);
    }

    private sealed record PointRow
    {
        public long Step { get; init; }
        public string Key { get; init; } = "";
        public double Value { get; init; }
    }

    private sealed record LineRow
    {
        public long Seq { get; init; }
        public long AtMs { get; init; }
        public string Level { get; init; } = "";
        public string Text { get; init; } = "";
        public string? Mark { get; init; }

        public JobLogLine ToLine() => new(Seq, AtMs, Level, Text) { Mark = Column.Read<StepMark>(Mark) };
    }
}

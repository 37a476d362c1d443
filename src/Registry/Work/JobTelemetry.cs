using System.Globalization;
using System.Text;
using Dapper;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Work;

/// <summary>Stores points and lines of a job, many rows a statement: a long job reports hundreds at once.</summary>
internal static class JobTelemetry
{
    private const int RowsAtOnce = 200;

    private const string RollUp = $"""
        {JobSchema.SeriesInsert} from work_metrics where work_id = @id and step between @first and @last {JobSchema.SeriesGroups}
        on conflict (work_id, key, bucket) do update set count = excluded.count, sum = excluded.sum,
            low = excluded.low, low_step = excluded.low_step, high = excluded.high, high_step = excluded.high_step
        """;

    /// <summary>A point sent again replaces itself; of two in one report the later one counts, as when a run went back to a checkpoint.</summary>
    public static async Task StoreAsync(DbSession session, WorkId id, IReadOnlyList<StepMetrics> metrics, CancellationToken ct)
    {
        var points = metrics.SelectMany(m => m.Values.Select(v => (m.Step, v.Key, v.Value))).Where(p => double.IsFinite(p.Value)).Reverse().DistinctBy(p => (p.Step, p.Key));
        foreach (var rows in points.Chunk(RowsAtOnce))
        {
            var parameters = new DynamicParameters(new { id });
            var text = Rows("insert into work_metrics (work_id, step, key, value) values ", rows.Length, n => $"(@id, @s{n}, @k{n}, @v{n})");
            for (var n = 0; n < rows.Length; n++)
            {
                parameters.Add($"s{n}", (long)rows[n].Step);
                parameters.Add($"k{n}", rows[n].Key);
                parameters.Add($"v{n}", rows[n].Value);
            }
            await session.ExecuteAsync($"{text} on conflict (work_id, step, key) do update set value = excluded.value", parameters, ct);
        }
    }

    /// <summary>Computes the buckets of steps that <paramref name="metrics"/> lie in again, from all their points: also right where a step is made twice.</summary>
    public static async Task RollUpAsync(DbSession session, WorkId id, IReadOnlyList<StepMetrics> metrics, CancellationToken ct)
    {
        if (metrics.Count == 0)
            return;
        var (first, last) = ((long)metrics.Min(m => m.Step) / JobSchema.BucketSteps, (long)metrics.Max(m => m.Step) / JobSchema.BucketSteps);
        await session.ExecuteAsync(RollUp, new { id, first = first * JobSchema.BucketSteps, last = (last + 1) * JobSchema.BucketSteps - 1 }, ct);
    }

    /// <summary>Lines get the numbers after <paramref name="last"/>.</summary>
    public static async Task StoreAsync(DbSession session, WorkId id, IReadOnlyList<WorkMessage> lines, long last, long now, CancellationToken ct)
    {
        foreach (var rows in lines.Chunk(RowsAtOnce))
        {
            var parameters = new DynamicParameters(new { id, now });
            var text = Rows("insert into work_log (work_id, seq, at_ms, level, text, step, mark) values ", rows.Length, n => $"(@id, @s{n}, @now, @l{n}, @t{n}, @p{n}, @m{n})");
            for (var n = 0; n < rows.Length; n++)
            {
                parameters.Add($"s{n}", ++last);
                parameters.Add($"l{n}", rows[n].Level);
                parameters.Add($"t{n}", rows[n].Text);
                parameters.Add($"p{n}", (long?)rows[n].Step, System.Data.DbType.Int64);
                parameters.Add($"m{n}", Column.Json(rows[n].Mark), System.Data.DbType.String);
            }
            await session.ExecuteAsync(text, parameters, ct);
        }
    }

    private static string Rows(string head, int count, Func<string, string> row)
    {
        var text = new StringBuilder(head);
        for (var n = 0; n < count; n++)
            text.Append(n == 0 ? "" : ", ").Append(row(n.ToString(CultureInfo.InvariantCulture)));
        return text.ToString();
    }
}

using System.Globalization;
using System.Text;
using Dapper;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Work;

/// <summary>Stores points and lines of a job, many rows a statement: a long job reports hundreds at once.</summary>
internal static class JobTelemetry
{
    private const int RowsAtOnce = 200;

    /// <summary>A point sent again replaces itself.</summary>
    public static async Task StoreAsync(DbSession session, WorkId id, IReadOnlyList<StepMetrics> metrics, CancellationToken ct)
    {
        var points = metrics.SelectMany(m => m.Values.Select(v => (m.Step, v.Key, v.Value))).Where(p => double.IsFinite(p.Value)).DistinctBy(p => (p.Step, p.Key));
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

    /// <summary>Lines get the numbers after <paramref name="last"/>.</summary>
    public static async Task StoreAsync(DbSession session, WorkId id, IReadOnlyList<WorkMessage> lines, long last, long now, CancellationToken ct)
    {
        foreach (var rows in lines.Chunk(RowsAtOnce))
        {
            var parameters = new DynamicParameters(new { id, now });
            var text = Rows("insert into work_log (work_id, seq, at_ms, level, text, step) values ", rows.Length, n => $"(@id, @s{n}, @now, @l{n}, @t{n}, @p{n})");
            for (var n = 0; n < rows.Length; n++)
            {
                parameters.Add($"s{n}", ++last);
                parameters.Add($"l{n}", rows[n].Level);
                parameters.Add($"t{n}", rows[n].Text);
                parameters.Add($"p{n}", (long?)rows[n].Step, System.Data.DbType.Int64);
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

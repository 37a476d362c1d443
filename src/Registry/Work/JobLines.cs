using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Storage.Sql;

namespace Temper.Registry.Work;

/// <summary>What the registry itself says in a job's log, between the lines of its workers. Ingestion has a report instead.</summary>
internal static class JobLines
{
    private const string Next = "update work set log_seq = log_seq + 1 where id = @id returning log_seq";

    /// <summary>Adds a line in the caller's transaction, and tells of it.</summary>
    public static async Task SayAsync(DbSession session, EventDrafts events, WorkRow row, string level, string text, long now, CancellationToken ct)
    {
        if (row.Kind != WorkKind.Train)
            return;
        var seq = await session.ScalarAsync<long>(Next, new { id = row.Id }, ct);
        await JobTelemetry.StoreAsync(session, row.Id, [new(level, text)], seq - 1, now, ct);
        events.Add("work.log", row.Id.ToString(), new { row.Id, lines = new[] { seq, seq } }, row.Traceparent);
    }
}

using Temper.Core.Work;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Events;

/// <summary>
/// Runs transactions that write, and writes what happened in them into the outbox of the same transaction. Numbers come from a counter row that
/// stays locked until the commit, so they become visible in their order: whoever has read number N has seen all below it.
/// </summary>
internal sealed class Journal(Db db, WorkBell bell, TimeProvider clock)
{
    private const string Take = "update event_counter set last = last + @count where id = 1 returning last";

    private const string Append = """
        insert into events (seq, type, subject, at_ms, data, traceparent) values (@Seq, @Type, @Subject, @AtMs, @Data, @Traceparent)
        """;

    /// <summary>Beats after every commit that told something.</summary>
    public Pulse Committed { get; } = new();

    /// <summary>Runs <paramref name="work"/>; it may run more than once, and must have no effect outside the database.</summary>
    public async Task<T> WriteAsync<T>(Func<DbSession, EventDrafts, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        var (result, drafts) = await db.InTransactionAsync(async (session, token) =>
        {
            var told = new EventDrafts();
            var made = await work(session, told, token);
            await AppendAsync(session, told, token);
            return (made, told);
        }, ct);
        if (drafts.All.Count > 0)
            Committed.Beat();
        foreach (var ring in drafts.Rings)
            bell.Ring(ring);
        foreach (var draft in drafts.All)
            Mark(draft);
        return result;
    }

    /// <summary>The arrows of a row's life, by the state that it came to or by why: <c>work.running</c>, <c>work.pause_requested</c>, …</summary>
    private static void Mark(EventDrafts.Draft draft)
    {
        if (draft.Type == "work.queued")
            DurableSteps.Passed(draft.Type);
        else if (draft.Type == "work.state")
            DurableSteps.Passed("work." + (draft.Data.TryGetProperty("reason", out var reason) && reason.GetString() is { } why ? why : draft.Data.GetProperty("state").GetString()));
    }

    private async Task AppendAsync(DbSession session, EventDrafts drafts, CancellationToken ct)
    {
        if (drafts.All.Count == 0)
            return;
        var last = await session.ScalarAsync<long>(Take, new { count = (long)drafts.All.Count }, ct);
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var first = last - drafts.All.Count + 1;
        await session.ExecuteAsync(Append, drafts.All.Select((draft, n) => new
        {
            Seq = first + n,
            draft.Type,
            draft.Subject,
            AtMs = at,
            Data = draft.Data.GetRawText(),
            draft.Traceparent,
        }).ToList(), ct);
    }
}

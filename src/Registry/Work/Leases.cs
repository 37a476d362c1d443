using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Work;

/// <summary>What happens to a lease between claim and finish: it is kept, lost or cancelled.</summary>
internal sealed class Leases(Db db, Journal journal, TimeProvider clock)
{
    private const string Expired = """
        select COLUMNS from work where state in ('queued', 'running') and state = 'running' and lease_until_ms <= @now
        order by created_ms, id /*for update skip locked*/
        """;

    private const string OfWorkers = """
        select COLUMNS from work where state in ('queued', 'running') and state = 'running' and substr(worker, 1, length(@workers)) = @workers
        order by created_ms, id /*for update skip locked*/
        """;

    private const string PutBack = """
        update work set state = @state, phase = @state, worker = null, errors = @errors, ended_ms = @ended, tries = @tries, finish_ms = null, pause_requested = 0 where id = @id and fence = @fence and state = 'running'
        """;

    private const string Keep = """
        update work set lease_until_ms = @until, phase = @phase, progress = @progress, step = @step, total_steps = @total, report_digest = @report,
            beat_ms = @now, step_ms = @stepMs, step_at_ms = @stepAt, finish_ms = @finish,
            log_seq = log_seq + @lines
        where id = @id and fence = @fence and state = 'running' returning log_seq
        """;

    /// <summary>Keeps a lease and notes progress, which never falls.</summary>
    /// <exception cref="TemperException">Codes <c>lease_lost</c>, <c>not_found</c>.</exception>
    public Task<HeartbeatReply> BeatAsync(WorkId id, Heartbeat beat, CancellationToken ct) => journal.WriteAsync(async (session, events, token) =>
    {
        var row = await HeldAsync(session, id, beat.Fence, token);
        var next = row with { Phase = Clean(beat.Phase, 40), Progress = Math.Max(row.Progress, Math.Clamp(beat.Progress, 0, 0.999)) };
        await KeepAsync(session, next, 0, token);
        if (next != row)
            events.Add("work.progress", id.ToString(), next.Told(), row.Traceparent);
        return Reply(row);
    }, ct);

    /// <summary>Keeps a lease and stores metrics and log lines. The same report sent twice in a row is stored once.</summary>
    /// <exception cref="TemperException">Codes <c>lease_lost</c>, <c>not_found</c>.</exception>
    public Task<HeartbeatReply> ReportAsync(WorkId id, WorkReport report, CancellationToken ct) => journal.WriteAsync(async (session, events, token) =>
    {
        var row = await HeldAsync(session, id, report.Fence, token);
        var digest = CanonicalJson.DigestOf(Wire.ToElement(report)).Hex;
        var lines = digest == row.ReportDigest ? [] : report.Messages;
        var next = Pace.Told(row, Math.Max(report.Step, 0), Math.Max(report.TotalSteps, 0), Now()) with { ReportDigest = digest };
        var lastLine = await KeepAsync(session, next, lines.Count, token);
        await JobTelemetry.StoreAsync(session, id, report.Metrics, token);
        await JobTelemetry.RollUpAsync(session, id, report.Metrics, token);
        await JobTelemetry.StoreAsync(session, id, lines, lastLine - lines.Count, Now(), token);
        events.Add("work.progress", id.ToString(), next.Told(
            points: report.Metrics.Count == 0 ? null : [report.Metrics.Min(point => point.Step), report.Metrics.Max(point => point.Step)],
            lines: lines.Count == 0 ? null : [lastLine - lines.Count + 1, lastLine]), row.Traceparent);
        return Reply(row);
    }, ct);

    /// <summary>Whether a lease has run out. A read: it takes no lock.</summary>
    public async Task<bool> AnyExpiredAsync(CancellationToken ct) =>
        await db.ScalarAsync<long>("select count(*) from work where state in ('queued', 'running') and state = 'running' and lease_until_ms <= @now", new { now = Now() }, ct) > 0;

    /// <summary>Puts rows back whose lease ran out, ends those that were to be cancelled, and gives up those that were tried too often.</summary>
    /// <returns>How many.</returns>
    public Task<int> PutBackExpiredAsync(CancellationToken ct) => journal.WriteAsync((session, events, token) => PutBackExpiredAsync(session, events, Now(), token), ct);

    /// <inheritdoc cref="PutBackExpiredAsync(CancellationToken)"/>
    public static async Task<int> PutBackExpiredAsync(DbSession session, EventDrafts events, long now, CancellationToken ct)
    {
        var rows = await session.QueryAsync<WorkRow>(Expired.Replace("COLUMNS", WorkRow.Columns, StringComparison.Ordinal), new { now }, ct);
        foreach (var row in rows)
            await PutBackAsync(session, events, row, "lease_expired", now, ct);
        return rows.Count;
    }

    /// <summary>Puts back the rows of workers that are known to be gone, so that nobody waits for their leases to run out.</summary>
    /// <param name="workers">How their names begin.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <returns>How many.</returns>
    public Task<int> PutBackOfAsync(string workers, CancellationToken ct) => journal.WriteAsync(async (session, events, token) =>
    {
        var rows = await session.QueryAsync<WorkRow>(OfWorkers.Replace("COLUMNS", WorkRow.Columns, StringComparison.Ordinal), new { workers }, token);
        foreach (var row in rows)
            await PutBackAsync(session, events, row, "worker_gone", Now(), token);
        return rows.Count;
    }, ct);

    /// <summary>The row, locked, if its lease still belongs to <paramref name="fence"/>.</summary>
    /// <exception cref="TemperException">Codes <c>lease_lost</c>, <c>not_found</c>.</exception>
    public static async Task<WorkRow> HeldAsync(DbSession session, WorkId id, long fence, CancellationToken ct)
    {
        var row = await WorkTable.LockAsync(session, id, ct);
        return row.State == WorkState.Running && row.Fence == fence ? row : throw Lost(row, fence);
    }

    public static TemperException Lost(WorkRow row, long fence) =>
        new("lease_lost", $"The lease of {row.Id} with fence {fence} is void: the row is {Column.Word(row.State)} with fence {row.Fence}.");

    private static async Task PutBackAsync(DbSession session, EventDrafts events, WorkRow row, string reason, long now, CancellationToken ct)
    {
        var spent = row.Attempt - row.Handbacks >= WorkTable.MostAttempts;
        var state = row.CancelRequested != 0 ? WorkState.Cancelled : spent ? WorkState.Failed : row.PauseRequested != 0 ? WorkState.Paused : WorkState.Queued;
        Problem[]? errors = state == WorkState.Failed
            ? [new("attempts_exhausted", $"{row.Id} was claimed {row.Attempt} times and no worker brought it to an end.")]
            : null;
        await session.ExecuteAsync(PutBack, new
        {
            state = Column.Word(state),
            errors = Column.Json(errors),
            ended = state is WorkState.Queued or WorkState.Paused ? null : (long?)now,
            tries = row.TriesWith(new(reason, Sentence(reason)), now),
            id = row.Id,
            fence = row.Fence,
        }, ct);
        await JobLines.SayAsync(session, events, row, "warn", $"{Sentence(reason)} The job is {Column.Word(state)}.", now, ct);
        events.Add("work.state", row.Id.ToString(), (row with { State = state }).Told(reason), row.Traceparent);
        if (state == WorkState.Queued)
            events.Queued(row.Id, row.Kind, (int)row.Attempt, row.Name, row.Traceparent);
    }

    private async Task<long> KeepAsync(DbSession session, WorkRow row, int lines, CancellationToken ct) => await session.ScalarAsync<long>(Keep, new
    {
        until = Now() + row.LeaseMs,
        now = Now(),
        stepMs = row.StepMs,
        stepAt = row.StepAtMs,
        finish = row.FinishMs,
        phase = row.Phase,
        progress = row.Progress,
        step = row.Step,
        total = row.TotalSteps,
        report = row.ReportDigest,
        lines = (long)lines,
        id = row.Id,
        fence = row.Fence,
    }, ct);

    private static HeartbeatReply Reply(WorkRow row) => new(row.CancelRequested != 0, row.PauseRequested != 0);

    private static string Sentence(string reason) => reason == "worker_gone"
        ? "The worker ended with its registry."
        : "The worker said nothing for as long as its lease held.";

    private static string Clean(string text, int most) => text.Length <= most ? text : text[..most];

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Jobs;

/// <summary>
/// What people do to jobs. A row that no worker holds changes at once; of one that is held the wish is noted, and the worker hears of it with its next
/// heartbeat. A wish outlives the worker: when its lease runs out, the row is cancelled or paused as was asked.
/// </summary>
public sealed class JobControls
{
    /// <summary>Highest priority; the lowest is its negative.</summary>
    private const int MostPriority = 100;

    private const string Set = """
        update work set state = @state, phase = @phase, cancel_requested = @cancel, pause_requested = @pause, ended_ms = @ended, waits = null, offered = null
        where id = @id and state = @was and fence = @fence
        """;

    private readonly Journal _journal;
    private readonly WorkTable _work;
    private readonly TimeProvider _clock;

    internal JobControls(Journal journal, WorkTable work, TimeProvider clock) => (_journal, _work, _clock) = (journal, work, clock);

    /// <summary>A row that waits ends at once, a running one at its next safe point. Asking again changes nothing.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>job_ended</c>.</exception>
    public Task<JobInfo> CancelAsync(WorkId id, CancellationToken ct) => ChangeAsync(id, "cancel_requested", Cancelled, ct);

    /// <summary>A job that waits is set aside at once, a running one at its next safe point, with a checkpoint. Asking again changes nothing.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>job_ended</c>, <c>job_cancelling</c>, <c>request_invalid</c> (ingestion does not pause).</exception>
    public Task<JobInfo> PauseAsync(WorkId id, CancellationToken ct) => ChangeAsync(id, "pause_requested", row =>
        row.Kind != WorkKind.Train ? throw new TemperException("request_invalid", $"{id} is ingestion, which does not pause.", "Cancel it; ingesting the same files again begins where it stopped.")
        : row.CancelRequested != 0 ? throw new TemperException("job_cancelling", $"{id} is being cancelled.")
        : Paused(row), ct);

    /// <summary>Puts a paused job back among those that wait; of a running one the wish to pause is taken back.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>job_ended</c>, <c>job_not_paused</c>.</exception>
    public Task<JobInfo> ResumeAsync(WorkId id, CancellationToken ct) => ChangeAsync(id, "resumed", row =>
        Resumed(row) ?? throw new TemperException("job_not_paused", $"{id} is {Column.Word(row.State)}, not paused."), ct);

    /// <summary>Higher first, then age. It counts at the next claim.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>job_ended</c>, <c>request_invalid</c>.</exception>
    public async Task<JobInfo> PrioritiseAsync(WorkId id, int priority, CancellationToken ct)
    {
        Checked(priority);
        await _journal.WriteAsync(async (session, events, token) =>
        {
            var row = Open(await WorkTable.LockAsync(session, id, token));
            await session.ExecuteAsync("update work set priority = @priority where id = @id", new { id, priority = (long)priority }, token);
            events.Add("work.state", id.ToString(), row.Told("priority"), row.Traceparent);
            return true;
        }, ct);
        return (await _work.FindAsync(id, ct))!.ToInfo();
    }

    /// <summary>An open row that is to be cancelled.</summary>
    internal static WorkRow Cancelled(WorkRow row) => row.State == WorkState.Running ? row with { CancelRequested = 1 } : row with { State = WorkState.Cancelled, CancelRequested = 1 };

    /// <summary>An open row that is to be set aside.</summary>
    internal static WorkRow Paused(WorkRow row) => row.State == WorkState.Running ? row with { PauseRequested = 1 } : row with { State = WorkState.Paused };

    /// <summary>A row that goes on; null where nobody paused it.</summary>
    internal static WorkRow? Resumed(WorkRow row) => row.State == WorkState.Paused ? row with { State = row.WaitsFor is null ? WorkState.Queued : WorkState.Validating }
        : row is { State: WorkState.Running, PauseRequested: not 0, CancelRequested: 0 } ? row with { PauseRequested = 0 } : null;

    internal static int Checked(int priority) => priority is >= -MostPriority and <= MostPriority ? priority
        : throw new TemperException("request_invalid", FormattableString.Invariant($"A priority lies between -{MostPriority} and {MostPriority}, not at {priority}."));

    private async Task<JobInfo> ChangeAsync(WorkId id, string reason, Func<WorkRow, WorkRow> change, CancellationToken ct)
    {
        await _journal.WriteAsync(async (session, events, token) =>
        {
            var row = Open(await WorkTable.LockAsync(session, id, token));
            var next = change(row);
            if (next != row)
                await StoreAsync(session, events, row, next, reason, token);
            return true;
        }, ct);
        return (await _work.FindAsync(id, ct))!.ToInfo();
    }

    /// <summary>Stores what was asked of a locked row, in the caller's transaction.</summary>
    internal async Task StoreAsync(DbSession session, EventDrafts events, WorkRow row, WorkRow next, string reason, CancellationToken ct)
    {
        next = next with { Phase = next.State == row.State ? row.Phase : Column.Word(next.State) };
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        await session.ExecuteAsync(Set, new
        {
            id = row.Id,
            was = Column.Word(row.State),
            fence = row.Fence,
            state = Column.Word(next.State),
            phase = next.Phase,
            cancel = next.CancelRequested,
            pause = next.PauseRequested,
            ended = next.Ended ? (long?)now : null,
        }, ct);
        await JobLines.SayAsync(session, events, row, "info", reason switch
        {
            "cancel_requested" => next.Ended ? "The job is cancelled." : "Cancelling was asked for.",
            "pause_requested" => next.State == WorkState.Paused ? "The job is paused." : "A pause was asked for.",
            _ => "The job is resumed.",
        }, now, ct);
        events.Add("work.state", row.Id.ToString(), next.Told(reason), row.Traceparent);
        if (next.State == WorkState.Queued && row.State != WorkState.Queued)
            events.Queued(row.Id, row.Kind, (int)row.Attempt, row.Name, row.Traceparent);
    }

    private static WorkRow Open(WorkRow row) => !row.Ended ? row : throw new TemperException("job_ended", $"{row.Id} has already ended: {Column.Word(row.State)}.");
}

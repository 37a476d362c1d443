using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Registry.Events;
using Temper.Registry.Jobs;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Sweeps;

/// <summary>What people do to sweeps: the sweep's row and what its jobs are asked change in one transaction.</summary>
internal sealed class SweepControls(Journal journal, JobControls jobs, SweepQueries queries, TimeProvider clock)
{
    private const string Set = "update sweeps set status = @status, ended_ms = @ended where id = @id";

    /// <summary>Trials that wait end at once, running ones at their next safe point; the sweep has no best. Asking again changes nothing.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>sweep_ended</c>.</exception>
    public Task<SweepInfo> CancelAsync(string id, CancellationToken ct) => ChangeAsync(id, "cancel_requested", sweep => sweep.Status == SweepStatus.Cancelled ? SweepStatus.Cancelled : Open(sweep, SweepStatus.Cancelled),
        JobControls.Cancelled, ct);

    /// <summary>Trials that wait are set aside, running ones at their next safe point, and no rung is decided. Asking again changes nothing.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>sweep_ended</c>.</exception>
    public Task<SweepInfo> PauseAsync(string id, CancellationToken ct) => ChangeAsync(id, "pause_requested", sweep => Open(sweep, SweepStatus.Paused),
        job => job.CancelRequested != 0 ? job : JobControls.Paused(job), ct);

    /// <summary>Trials go on where they stood; those that wait at a rung wait for its decision.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>sweep_ended</c>, <c>sweep_not_paused</c>.</exception>
    public Task<SweepInfo> ResumeAsync(string id, CancellationToken ct) => ChangeAsync(id, "resumed",
        sweep => Open(sweep, SweepStatus.Running) is var next && sweep.Status == SweepStatus.Paused ? next : throw new TemperException("sweep_not_paused", $"The sweep {sweep.Name} is {Column.Word(sweep.Status)}, not paused."),
        job => job.Held ? job : JobControls.Resumed(job) ?? job, ct);

    private async Task<SweepInfo> ChangeAsync(string id, string reason, Func<SweepRow, SweepStatus> next, Func<WorkRow, WorkRow> change, CancellationToken ct)
    {
        var found = await journal.WriteAsync(async (session, events, token) =>
        {
            var sweep = await SweepRow.LockAsync(session, id, token) ?? throw new TemperException("not_found", $"There is no sweep '{id}'.", "`temper sweeps` lists them.");
            var changed = sweep with { Status = next(sweep) };
            if (changed == sweep)
                return sweep.Id;
            await session.ExecuteAsync(Set, new { id = sweep.Id, status = Column.Word(changed.Status), ended = changed.Ended ? (long?)clock.GetUtcNow().ToUnixTimeMilliseconds() : null }, token);
            foreach (var trial in await TrialRow.ReadAsync(session, sweep, locked: true, token))
                await AskAsync(session, events, await WorkTable.LockAsync(session, trial.Row.JobId, token), change, reason, token);
            events.Add("sweep.state", $"sweep/{sweep.Name}", changed.Told(), sweep.Traceparent);
            return sweep.Id;
        }, ct);
        return (await queries.FindAsync(found, ct))!;
    }

    private async Task AskAsync(DbSession session, EventDrafts events, WorkRow job, Func<WorkRow, WorkRow> change, string reason, CancellationToken ct)
    {
        if (!job.Ended && change(job) is var next && next != job)
            await jobs.StoreAsync(session, events, job, next, reason, ct);
    }

    private static SweepStatus Open(SweepRow sweep, SweepStatus next) => !sweep.Ended ? next : throw new TemperException("sweep_ended", $"The sweep {sweep.Name} has already ended: {Column.Word(sweep.Status)}.");
}

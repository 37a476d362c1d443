using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Evaluations;
using Temper.Registry.Events;
using Temper.Registry.Models;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Sweeps;

/// <summary>
/// Takes sweeps on: decides rungs and ends, each once (compare and swap on the sweep's row), from durable rows alone. One decision is one transaction:
/// a process that is killed before it leaves the sweep as it was, and the next look decides the same.
/// </summary>
internal sealed class SweepProgress(Db db, Journal journal, Aliases aliases, Gates gates, TimeProvider clock)
{
    private const string Due = """
        select s.id from sweeps s where s.status = 'running' and not exists (
            select 1 from sweep_trials t join work w on w.id = t.job_id where t.sweep_id = s.id and t.stopped = 0 and t.rung = s.rung
            and w.state in ('validating', 'queued', 'running', 'paused')
            and (w.state <> 'paused' or w.pause_at is null or w.reached_step is null or w.reached_step < w.pause_at))
        order by s.id
        """;

    private const string Climb = "update sweeps set rung = @next where id = @id and rung = @rung and status = 'running'";
    private const string Enter = "update sweep_trials set rung = @next where sweep_id = @id and idx = @index";
    private const string GoOn = "update work set state = 'queued', phase = 'queued', pause_at = @pauseAt, waits = null, offered = null where id = @job and state = 'paused' and fence = @fence";
    private const string Leave = "update sweep_trials set stopped = 1, metric = @metric, reason = @reason where sweep_id = @id and idx = @index";
    private const string Stop = "update work set state = 'cancelled', phase = @phase, ended_ms = @now where id = @job and state = 'paused' and fence = @fence";
    private const string Keep = "update sweep_trials set metric = @metric where sweep_id = @id and idx = @index";
    private const string End = "update sweeps set status = @status, best = @best, note = @note, ended_ms = @now where id = @id and status = 'running'";

    /// <summary>One look at all sweeps that run.</summary>
    /// <returns>How many decisions were made.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var made = 0;
        foreach (var id in await db.QueryAsync<string>(Due, null, ct))
            while (await AdvanceAsync(id, ct))
                made++;
        return made;
    }

    /// <summary>Makes the next decision about a sweep, if its trials have come to one.</summary>
    private async Task<bool> AdvanceAsync(string id, CancellationToken ct)
    {
        // A sweep may wait for long, as for the results of a suite, and is looked at after every commit: only who has something to decide takes the lock.
        if (await db.ReadAsync(async (session, token) => await SweepRow.FindAsync(session, id, token) is not { Status: SweepStatus.Running } sweep
            || Decision(sweep, await TrialRow.ReadAsync(session, sweep, locked: false, token)) is SweepDecision.Wait, ct))
            return false;
        var decided = await journal.WriteAsync(async (session, events, token) =>
        {
            if (await SweepRow.LockAsync(session, id, token) is not { Status: SweepStatus.Running } sweep)
                return null;
            var trials = await TrialRow.ReadAsync(session, sweep, locked: true, token);
            var decision = Decision(sweep, trials);
            if (decision is SweepDecision.Promote promote)
                await PromoteAsync(session, events, sweep, trials, promote, token);
            else if (decision is SweepDecision.Finish finish)
                await FinishAsync(session, events, sweep, trials, finish.Best, token);
            return decision;
        }, ct);
        if (decided is SweepDecision.Promote)
            DurableSteps.Passed("sweep.promoted");
        else if (decided is SweepDecision.Finish)
            DurableSteps.Passed("sweep.finished");
        return decided is SweepDecision.Promote;
    }

    private static SweepDecision Decision(SweepRow sweep, List<Trial> trials) =>
        SweepDecision.Of([.. trials.Select(t => t.Facts)], sweep.Direction, (int)sweep.Rung, sweep.LastRung, (int)(sweep.Eta ?? 2));

    private async Task PromoteAsync(DbSession session, EventDrafts events, SweepRow sweep, List<Trial> trials, SweepDecision.Promote promote, CancellationToken ct)
    {
        if (await session.ExecuteAsync(Climb, new { id = sweep.Id, rung = sweep.Rung, next = (long)promote.Next }, ct) == 0)
            return;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var index in promote.Up)
        {
            await session.ExecuteAsync(Enter, new { id = sweep.Id, index = (long)index, next = (long)promote.Next }, ct);
            if (trials[index].Status == TrialStatus.Held)
                await GoOnAsync(session, events, sweep, trials[index].Row, promote.Next, now, ct);
        }
        foreach (var (index, place) in promote.Out)
            await StopAsync(session, events, sweep, trials[index], Reason(sweep, trials[index], place, promote), now, ct);
        events.Add("sweep.state", $"sweep/{sweep.Name}", (sweep with { Rung = promote.Next }).Told(), sweep.Traceparent);
    }

    private static async Task GoOnAsync(DbSession session, EventDrafts events, SweepRow sweep, TrialRow trial, int rung, long now, CancellationToken ct)
    {
        var row = await WorkTable.LockAsync(session, trial.JobId, ct);
        var until = rung < sweep.LastRung ? sweep.RungSteps[rung] : (int?)null;
        if (await session.ExecuteAsync(GoOn, new { job = row.Id, fence = row.Fence, pauseAt = (long?)until }, ct) == 0)
            return;
        await JobLines.SayAsync(session, events, row, "info", FormattableString.Invariant($"The sweep {sweep.Name} lets it go on from step {trial.ReachedStep} to {(until is { } at ? $"step {at}" : "its end")}."), now, ct);
        events.Add("work.state", row.Id.ToString(), (row with { State = WorkState.Queued, Phase = "queued" }).Told("promoted"), row.Traceparent);
        events.Queued(row.Id, row.Kind, (int)row.Attempt, row.Name, row.Traceparent);
    }

    private static async Task StopAsync(DbSession session, EventDrafts events, SweepRow sweep, Trial trial, string reason, long now, CancellationToken ct)
    {
        var row = await WorkTable.LockAsync(session, trial.Row.JobId, ct);
        await session.ExecuteAsync(Leave, new { id = sweep.Id, index = trial.Row.Idx, metric = trial.Value, reason }, ct);
        await session.ExecuteAsync(Stop, new { job = row.Id, fence = row.Fence, phase = JobInfo.StoppedPhase, now }, ct);
        await JobLines.SayAsync(session, events, row, "info", $"The sweep {sweep.Name} stopped it: {reason}.", now, ct);
        events.Add("work.state", row.Id.ToString(), (row with { State = WorkState.Cancelled, Phase = JobInfo.StoppedPhase }).Told("stopped_by_sweep"), row.Traceparent);
    }

    private static string Reason(SweepRow sweep, Trial trial, int? place, SweepDecision.Promote promote) => place is null
        ? FormattableString.Invariant($"{sweep.Metric} was not measured by step {trial.Row.ReachedStep}")
        : FormattableString.Invariant($"{sweep.Metric} {trial.Value:G6} is place {place} of {promote.Among} at step {trial.Row.ReachedStep}, and {promote.Up.Count} went on");

    private async Task FinishAsync(DbSession session, EventDrafts events, SweepRow sweep, List<Trial> trials, int? best, CancellationToken ct)
    {
        foreach (var trial in trials.Where(t => t.Value is not null && t.Row.Metric is null))
            await session.ExecuteAsync(Keep, new { id = sweep.Id, index = trial.Row.Idx, metric = trial.Value }, ct);
        var note = best is { } index ? await CrownAsync(session, events, sweep, trials[index].Row, ct) : $"no trial came to its end with a value of {sweep.Metric}";
        var ended = sweep with { Status = best is null ? SweepStatus.Failed : SweepStatus.Completed, Best = best, Note = note };
        await session.ExecuteAsync(End, new { id = sweep.Id, status = Column.Word(ended.Status), best = ended.Best, note, now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, ct);
        events.Add("sweep.state", $"sweep/{sweep.Name}", ended.Told(), sweep.Traceparent);
    }

    /// <summary>Puts the alias on the best version where its gates let it; says what became of it.</summary>
    private async Task<string?> CrownAsync(DbSession session, EventDrafts events, SweepRow sweep, TrialRow best, CancellationToken ct)
    {
        if (sweep.Alias is not { } alias || best.Made is not { Name: { } model, Version: { } version })
            return null;
        try
        {
            await gates.CheckAsync(session, model, alias, version, ct);
        }
        catch (TemperException e) when (e.Code == "gate_failed")
        {
            return $"{model}@{alias} was not moved to version {version}: {string.Join(" ", e.Problems.Select(p => p.Message))}";
        }
        await aliases.MoveAsync(session, events, model, alias, version, sweep.Traceparent, ct);
        return $"{model}@{alias} stands on version {version}";
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Jobs;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Publishing;

/// <summary>
/// Ends rows. What a completed row made is checked and stored first, then recorded in the one transaction that ends the row, under the row's current
/// fence. Publishing goes on when the caller's connection breaks; who asks again with the same fence and result joins it or gets the stored outcome.
/// </summary>
internal sealed class FinishDesk(Db db, Journal journal, DatasetPublisher datasets, ModelPublisher models, TimeProvider clock, ILogger<FinishDesk> log)
{
    private const int Tries = 5;

    private const string End = """
        update work set state = @state, phase = @state, progress = case when @state = 'completed' then 1 else progress end, worker = null, lease_until_ms = 0,
            handbacks = handbacks + @handback, tries = @tries, finish_ms = null, pause_requested = 0, finish_fence = @fence, finish_digest = @digest, outcome = @outcome, errors = @errors, ended_ms = @ended,
            step = coalesce(@reachedStep, step), reached_step = coalesce(@reachedStep, reached_step), reached = coalesce(@reached, reached)
        where id = @id and fence = @fence and state = 'running'
        """;

    private readonly SharedRuns<(WorkId, string), WorkOutcome> _running = new();

    /// <summary>Ends a row, or hands it back.</summary>
    /// <exception cref="TemperException">Codes <c>lease_lost</c>, <c>job_ended</c> (it ended with another result), <c>ledger_open</c>, <c>publish_mismatch</c>, <c>not_found</c>.</exception>
    public Task<WorkOutcome> FinishAsync(WorkId id, WorkFinish finish, CancellationToken ct)
    {
        if (finish.State is WorkState.Running or WorkState.Validating || (finish.State == WorkState.Completed && finish.Result is null))
            throw new TemperException("request_invalid", "A row ends as completed (with a result), failed, cancelled, queued or paused.");
        var digest = CanonicalJson.DigestOf(Wire.ToElement(finish)).Hex;
        return _running.RunAsync((id, digest), () => RunAsync(id, finish, digest), ct);
    }

    private async Task<WorkOutcome> RunAsync(WorkId id, WorkFinish finish, string digest)
    {
        using var span = RegistryTelemetry.Source.StartActivity("finish")?.SetTag("temper.work", id.ToString()).SetTag("temper.state", Column.Word(finish.State));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(id, finish, digest);
            }
            catch (ReferenceMovedException) when (attempt < Tries)
            {
                span?.AddEvent(new ActivityEvent("reference moved"));
            }
        }
    }

    private async Task<WorkOutcome> TryAsync(WorkId id, WorkFinish finish, string digest)
    {
        var row = await db.FindAsync<WorkRow>($"select {WorkRow.Columns} from work where id = @id", new { id }, CancellationToken.None)
            ?? throw new TemperException("not_found", $"There is no work {id}.");
        if (Answer(row, finish, digest) is { } known)
            return known;
        if (finish.State != WorkState.Completed)
        {
            log.LogInformation("{Work} for {Name} ended as {State}", id, row.Name, finish.State);
            return await EndAsync(id, finish, digest, null);
        }
        await using var lease = new PublishingLease(db, row, clock);
        await using var publication = row.Kind == WorkKind.Ingest
            ? await datasets.PrepareAsync(row, finish.Result!.Value, CancellationToken.None)
            : await models.PrepareAsync(row, finish.Result!.Value, CancellationToken.None);
        if (publication.Batch is { } batch)
        {
            await batch.StoreAsync(CancellationToken.None);
            DurableSteps.Passed("publish.pack_written");
        }
        var outcome = await EndAsync(id, finish, digest, publication);
        DurableSteps.Passed("publish.committed");
        log.LogInformation("{Work} made {Name}:{Version}", id, row.Name, outcome.Version);
        return outcome;
    }

    private Task<WorkOutcome> EndAsync(WorkId id, WorkFinish finish, string digest, Publication? publication) => journal.WriteAsync(async (session, events, ct) =>
    {
        var row = await WorkTable.LockAsync(session, id, ct);
        if (Answer(row, finish, digest) is { } known)
            return known;
        if (publication?.Batch is { } batch)
            await batch.RecordAsync(session, ct);
        var state = StateAfter(row, finish);
        var outcome = publication is null ? new WorkOutcome(state, null, null, null) : await publication.RecordAsync(row, session, events, ct);
        var back = state is WorkState.Queued or WorkState.Paused;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var why = Why(finish, state);
        await session.ExecuteAsync(End, new
        {
            id,
            state = Column.Word(state),
            tries = why is null ? row.Tries : row.TriesWith(why, now),
            handback = back ? 1L : 0L,
            fence = finish.Fence,
            digest,
            outcome = back ? null : Column.Json(outcome),
            errors = finish.Errors is { Count: > 0 } ? Column.Json(finish.Errors) : state == WorkState.Failed ? Column.Json(new[] { why }) : null,
            ended = back ? null : (long?)now,
            reachedStep = (long?)finish.Reached?.Step,
            reached = Column.Json(finish.Reached?.Values),
        }, ct);
        await JobLines.SayAsync(session, events, row, state == WorkState.Failed || why is not null ? "warn" : "info", Line(state, why, outcome), now, ct);
        var told = row with { State = state, Progress = state == WorkState.Completed ? 1 : row.Progress, Phase = Column.Word(state) };
        events.Add("work.state", id.ToString(), told.Told(), row.Traceparent);
        if (state == WorkState.Queued)
            events.Queued(id, row.Kind, (int)row.Attempt, row.Name, row.Traceparent);
        if (row.Kind == WorkKind.Ingest && !back)
            await ValidatingJobs.SettleAsync(session, events, now, ct);
        return outcome;
    }, CancellationToken.None);

    /// <summary>What people asked for meanwhile counts: a row that goes back ends cancelled or paused, and a pause that was taken back is none, unless it was planned.</summary>
    private static WorkState StateAfter(WorkRow row, WorkFinish finish) => finish.State is not (WorkState.Queued or WorkState.Paused) ? finish.State
        : row.CancelRequested != 0 ? WorkState.Cancelled
        : row.PauseRequested != 0 || (finish.State == WorkState.Paused && finish.Reached?.Step >= row.PauseAt) ? WorkState.Paused : WorkState.Queued;

    /// <summary>Why this attempt did not bring the row to its end; null when it did, or did as it was told.</summary>
    private static Problem? Why(WorkFinish finish, WorkState state) => finish.Errors is { Count: > 0 } errors ? errors[0]
        : state == WorkState.Failed ? new("no_reason", "The worker said that the work failed, and gave no reason.")
        : state == WorkState.Queued && finish.State == WorkState.Queued ? new("handed_back", "The worker stopped and handed the work back.") : null;

    private static string Line(WorkState state, Problem? why, WorkOutcome outcome) => state switch
    {
        WorkState.Completed => $"The job is completed: {outcome.Name}:{outcome.Version}.",
        WorkState.Paused => "The job is paused.",
        WorkState.Cancelled => "The job is cancelled.",
        WorkState.Failed => $"The job failed ({why!.Code}): {why.Message}",
        _ => $"The job waits again ({why?.Code ?? "resumed"}).",
    };

    /// <summary>The outcome, when this very finish was done before; null when it may be done now.</summary>
    private WorkOutcome? Answer(WorkRow row, WorkFinish finish, string digest)
    {
        if (row.FinishFence == finish.Fence && row.FinishDigest == digest)
            return Column.Read<WorkOutcome>(row.Outcome) ?? new WorkOutcome(row.State == WorkState.Paused ? WorkState.Paused : WorkState.Queued, null, null, null);
        if (row.FinishFence == finish.Fence && row.Ended)
            throw new TemperException("job_ended", $"{row.Id} ended as {Column.Word(row.State)} under fence {finish.Fence}; another result is refused.");
        if (row.State != WorkState.Running || row.Fence != finish.Fence || row.LeaseUntilMs <= clock.GetUtcNow().ToUnixTimeMilliseconds())
            throw Leases.Lost(row, finish.Fence);
        return null;
    }
}

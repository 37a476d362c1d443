using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Datasets;
using Temper.Registry.Events;
using Temper.Registry.OpenAi;
using Temper.Registry.Publishing;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Jobs;

/// <summary>Jobs that wait for their data: when ingestion has ended they are queued on what it sealed, or fail with its reasons.</summary>
internal sealed class ValidatingJobs(Db db, Journal journal, TimeProvider clock)
{
    private const string IsDue = "state = 'validating' and exists (select 1 from work i where i.id = work.waits_for and i.state in ('completed', 'failed', 'cancelled'))";

    private const string Due = $"select {WorkRow.Columns} from work where {IsDue} order by created_ms, id limit 50 /*for update skip locked*/";

    private const string Ready = "update work set state = 'queued', phase = 'queued', payload = @payload, payload_digest = @digest, waits_for = null where id = @id and state = 'validating'";

    private const string Wait = "update work set waits_for = @other where id = @id and state = 'validating'";

    private const string Fail = "update work set state = 'failed', phase = 'failed', errors = @errors, ended_ms = @now where id = @id and state = 'validating'";

    /// <summary>One look. What ends ingestion settles its jobs itself; this is for those whose ingestion ended otherwise, or while they were paused.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        if (await db.ScalarAsync<long>($"select count(*) from work where {IsDue}", null, ct) > 0)
            await journal.WriteAsync(async (session, events, token) =>
            {
                await SettleAsync(session, events, clock.GetUtcNow().ToUnixTimeMilliseconds(), token);
                return true;
            }, ct);
    }

    /// <summary>Settles all that can be, in the caller's transaction.</summary>
    public static async Task SettleAsync(DbSession session, EventDrafts events, long now, CancellationToken ct)
    {
        foreach (var job in await session.QueryAsync<WorkRow>(Due, null, ct))
        {
            var files = Column.Read<AwaitedPayload>(job.Payload)!.Validation;
            var (version, reasons) = await SealedAsync(session, files?.Training ?? WorkId.Parse(job.WaitsFor!), "training_file", ct);
            var (measured, others) = files is null || reasons is not null ? (null, null) : await SealedAsync(session, files.Measured, "validation_file", ct);
            if ((reasons ?? others) is { } why)
                await FailAsync(session, events, job, why, now, ct);
            else if (files is not null && measured is null)
                await session.ExecuteAsync(Wait, new { id = job.Id, other = files.Measured }, ct);
            else
                await QueueAsync(session, events, job, version!, measured, now, ct);
        }
    }

    /// <summary>What ingestion sealed, or why it sealed nothing; neither while it goes on.</summary>
    private static async Task<(DatasetVersionRow? Version, IReadOnlyList<Problem>? Reasons)> SealedAsync(DbSession session, WorkId work, string parameter, CancellationToken ct)
    {
        var ingestion = (await session.FindAsync<WorkRow>($"select {WorkRow.Columns} from work where id = @id", new { id = work }, ct))!.ToInfo();
        if (!ingestion.Ended)
            return default;
        var version = ingestion.Outcome is { Name: { } name, Version: { } number }
            ? await session.FindAsync<DatasetVersionRow>($"select {DatasetVersionRow.Columns} from dataset_versions where name = @name and version = @number", new { name, number = (long)number }, ct)
            : null;
        return version is { Sealed: not 0 } ? (version, null) : (null, Reasons(ingestion, version, parameter));
    }

    private static async Task QueueAsync(DbSession session, EventDrafts events, WorkRow job, DatasetVersionRow version, DatasetVersionRow? measured, long now, CancellationToken ct)
    {
        var awaited = Column.Read<AwaitedPayload>(job.Payload)!;
        var payload = BoundRecipes.Payload(new JobRequest(awaited.Recipe, awaited.Base.Name.ToString(), awaited.Dataset.ToString(), awaited.Output), awaited.Base, version.ToPin(), null, measured?.ToPin());
        await session.ExecuteAsync(Ready, new { id = job.Id, payload = payload.GetRawText(), digest = CanonicalJson.DigestOf(payload) }, ct);
        var ledger = version.ToInfo().Ledger;
        var left = ledger.RecordsIn - ledger.Accepted;
        await JobLines.SayAsync(session, events, job, left == 0 ? "info" : "warn", left == 0
            ? $"The file is valid: {ledger.Accepted} records."
            : $"{ledger.Accepted} of {ledger.RecordsIn} records are trained on; {ledger.Quarantined} were set aside, {ledger.Duplicates} are duplicates, {ledger.Filtered} were filtered.", now, ct);
        events.Add("work.state", job.Id.ToString(), (job with { State = WorkState.Queued, Phase = "queued" }).Told("validated"), job.Traceparent);
        events.Queued(job.Id, job.Kind, (int)job.Attempt, job.Name, job.Traceparent);
    }

    private static async Task FailAsync(DbSession session, EventDrafts events, WorkRow job, IReadOnlyList<Problem> reasons, long now, CancellationToken ct)
    {
        await session.ExecuteAsync(Fail, new { id = job.Id, errors = Column.Json(reasons), now }, ct);
        await JobLines.SayAsync(session, events, job, "error", $"The file cannot be used ({reasons[0].Code}): {reasons[0].Message}", now, ct);
        events.Add("work.state", job.Id.ToString(), (job with { State = WorkState.Failed, Phase = "failed" }).Told("validation_failed"), job.Traceparent);
    }

    private static IReadOnlyList<Problem> Reasons(JobInfo ingestion, DatasetVersionRow? version, string parameter)
    {
        IReadOnlyList<Problem> known = ingestion.Errors.Count > 0 ? ingestion.Errors : version?.ToInfo().Problems ?? [];
        if (known.Count == 0)
            known = [new(parameter == "training_file" ? "invalid_training_file" : "invalid_validation_file", ingestion.State == WorkState.Cancelled ? "Ingestion of the file was cancelled, or the file deleted." : "No record of the file can be used.")];
        return [.. known.Select(problem => problem with { Path = parameter })];
    }
}

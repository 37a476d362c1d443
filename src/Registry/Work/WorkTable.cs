using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Work;

/// <summary>
/// The one truth about work: who may do which row, until when. Every claim raises the row's fence; whoever speaks with an older fence is refused
/// with <c>lease_lost</c>. Ending a row is <see cref="Publishing.FinishDesk"/>'s.
/// </summary>
internal sealed class WorkTable(Db db, Journal journal, WorkBell bell, WaitReasons waiting, RegistryOptions options, TimeProvider clock)
{
    /// <summary>Claims that end without a word (crashes, lost leases) before a row is given up.</summary>
    public const int MostAttempts = 20;

    private const string Insert = """
        insert into work (id, kind, name, payload, payload_digest, state, phase, traceparent, created_ms, priority, memory, waits_for, pause_at)
        values (@id, @kind, @name, @payload, @digest, @state, @state, @traceparent, @now, @priority, @memory, @waitsFor, @pauseAt)
        """;

    private const string Claim = """
        update work set state = 'running', attempt = attempt + 1, fence = fence + 1, worker = @worker, lease_ms = @lease, lease_until_ms = @until,
            started_ms = coalesce(started_ms, @now), beat_ms = @now, step_at_ms = null, finish_ms = null, phase = 'claimed', waits = null, offered = null, errors = null
        where id = (select id from work where state = 'queued' and CHOICE
            order by priority desc, created_ms, id limit 1 /*for update skip locked*/)
        returning
        """ + " " + WorkRow.Columns;

    private const string Claimable = "select id, kind, attempt from work where state = 'queued' and CHOICE order by priority desc, created_ms, id limit 1";

    private const string Expired = """
        select id, kind, attempt from work where state in ('queued', 'running') and state = 'running' and lease_until_ms <= @now and CHOICE order by created_ms, id limit 1
        """;

    /// <summary>Of the rows that a worker could do, those that it may have now.</summary>
    private const string Admitted = """
         and memory <= @free and (kind <> 'train' or @most <= 0 or (select count(*) from work where state in ('queued', 'running') and state = 'running' and kind = 'train') < @most)
        """;

    /// <summary>Whoever holds the counter of events is alone: two claims must not both see room for one more job.</summary>
    private const string Alone = "select last from event_counter where id = 1 /*for update*/";

    /// <summary>Adds a queued row to the caller's transaction.</summary>
    public Task<WorkId> EnqueueAsync(DbSession session, EventDrafts events, WorkKind kind, ResourceName name, JsonElement payload, string? traceparent, CancellationToken ct) =>
        EnqueueAsync(session, events, new NewWork(kind, name, payload, traceparent), ct);

    /// <summary>Adds a row to the caller's transaction: queued, or, where it waits for another row, validating.</summary>
    public async Task<WorkId> EnqueueAsync(DbSession session, EventDrafts events, NewWork row, CancellationToken ct)
    {
        var (kind, name, payload, traceparent) = (row.Kind, row.Name, row.Payload, row.Traceparent);
        var id = row.Id ?? WorkId.New(kind, clock);
        var state = row.WaitsFor is null ? WorkState.Queued : WorkState.Validating;
        await session.ExecuteAsync(Insert, new
        {
            id,
            kind = Column.Word(kind),
            name,
            payload = payload.GetRawText(),
            digest = CanonicalJson.DigestOf(payload),
            traceparent,
            now = Now(),
            state = Column.Word(state),
            priority = (long)row.Priority,
            memory = row.Memory,
            waitsFor = row.WaitsFor,
            pauseAt = (long?)row.PauseAt,
        }, ct);
        if (state == WorkState.Queued)
            events.Queued(id, kind, 0, name.ToString(), traceparent);
        else
            events.Add("work.state", id.ToString(), new { id, kind, state, name, phase = "validating", progress = 0.0 }, traceparent);
        return id;
    }

    /// <summary>Leases the oldest row that waits, if need be after waiting for one; null when none came.</summary>
    /// <exception cref="TemperException">Code <c>request_invalid</c>.</exception>
    public async Task<WorkClaim?> ClaimAsync(ClaimRequest request, CancellationToken ct)
    {
        Check(request);
        var choice = Choice(request.Kinds) + (request.Id is null ? "" : " and id = @id");
        var began = clock.GetTimestamp();
        while (true)
        {
            var beat = bell.Next(request.Kinds);
            if (await TryClaimAsync(request, choice, ct) is { } row)
            {
                RegistryTelemetry.Claims.Add(1, new KeyValuePair<string, object?>("kind", Column.Word(row.Kind)));
                return new(row.Id, row.Kind, row.Fence, (int)row.Attempt, request.LeaseSeconds, Column.Element(row.Payload)!.Value, row.Traceparent) { Memory = row.Memory, PauseAt = (int?)row.PauseAt, Setbacks = row.Setbacks };
            }
            await waiting.NoteAsync(request, ct);
            var left = TimeSpan.FromSeconds(request.WaitSeconds) - clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return null;
            await Pulse.WaitAsync(beat, left < options.LookEvery ? left : options.LookEvery, clock, ct);
        }
    }

    /// <summary>A row of the kinds that can be claimed, if need be after waiting for one; null when none came.</summary>
    public async Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var beat = bell.Next(kinds);
            if (await FindClaimableAsync(Choice(kinds) + Admitted, null, ct) is { } row)
                return new(row.Id, row.Kind, (int)row.Attempt);
            var left = atMost - clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return null;
            await Pulse.WaitAsync(beat, left < options.LookEvery ? left : options.LookEvery, clock, ct);
        }
    }

    public async Task<WorkRow?> FindAsync(WorkId id, CancellationToken ct) =>
        await db.FindAsync<WorkRow>($"select {WorkRow.Columns} from work where id = @id", new { id }, ct);

    /// <summary>Reads a row and keeps it from changing until the transaction ends.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public static async Task<WorkRow> LockAsync(DbSession session, WorkId id, CancellationToken ct) =>
        await session.FindAsync<WorkRow>($"select {WorkRow.Columns} from work where id = @id /*for update*/", new { id }, ct)
        ?? throw new TemperException("not_found", $"There is no work {id}.");

    private async Task<WorkRow?> TryClaimAsync(ClaimRequest request, string choice, CancellationToken ct)
    {
        if (await FindClaimableAsync(choice + Admitted, request, ct) is null)
            return null;
        return await journal.WriteAsync(async (session, events, token) =>
        {
            if (options.MostRunningJobs > 0)
                await session.ScalarAsync<long>(Alone, null, token);
            await Leases.PutBackExpiredAsync(session, events, Now(), token);
            var row = await session.FindAsync<WorkRow>(Claim.Replace("CHOICE", choice + Admitted, StringComparison.Ordinal), new
            {
                worker = request.Worker,
                lease = request.LeaseSeconds * 1000L,
                until = Now() + (request.LeaseSeconds * 1000L),
                now = Now(),
                id = request.Id,
                free = request.FreeMemory ?? long.MaxValue,
                most = (long)options.MostRunningJobs,
            }, token);
            if (row is null)
                return null;
            events.Add("work.state", row.Id.ToString(), row.Told(), row.Traceparent);
            await JobLines.SayAsync(session, events, row, "info", $"Attempt {row.Attempt} begins on {row.Worker}.", Now(), token);
            return row;
        }, ct);
    }

    /// <summary>A row that waits, or one whose lease ran out, which the claim puts back first.</summary>
    private async Task<WorkRow?> FindClaimableAsync(string choice, ClaimRequest? request, CancellationToken ct)
    {
        var given = new { now = Now(), id = request?.Id, free = request?.FreeMemory ?? long.MaxValue, most = (long)options.MostRunningJobs };
        return await db.FindAsync<WorkRow>(Claimable.Replace("CHOICE", choice, StringComparison.Ordinal), given, ct)
            ?? await db.FindAsync<WorkRow>(Expired.Replace("CHOICE", choice.Replace(Admitted, "", StringComparison.Ordinal), StringComparison.Ordinal), given, ct);
    }

    // The words are our own enum's, so they may stand in the text.
    private static string Choice(IEnumerable<WorkKind> kinds) => $"kind in ({string.Join(", ", kinds.Distinct().Select(kind => $"'{Column.Word(kind)}'"))})";

    /// <summary>A row to be.</summary>
    /// <param name="Kind">What it asks for.</param>
    /// <param name="Name">Dataset or model that comes of it.</param>
    /// <param name="Payload">What a worker is told.</param>
    /// <param name="Traceparent">Where it began.</param>
    public sealed record NewWork(WorkKind Kind, ResourceName Name, JsonElement Payload, string? Traceparent)
    {
        public int Priority { get; init; }
        public long Memory { get; init; }

        /// <summary>Row that has to end first.</summary>
        public WorkId? WaitsFor { get; init; }

        /// <summary>Its id where its maker decides it; null: a new one.</summary>
        public WorkId? Id { get; init; }

        /// <summary>Step behind which it pauses by itself; null: none.</summary>
        public int? PauseAt { get; init; }
    }

    private static void Check(ClaimRequest request)
    {
        if (request.Kinds.Count == 0 || request.LeaseSeconds is < 1 or > 3600 || request.WaitSeconds is < 0 or > 30 || request.Worker.Length is 0 or > 200)
            throw new TemperException("request_invalid", "A claim needs a worker's name of 1 to 200 characters, at least one kind, a lease of 1 to 3600 seconds and a wait of 0 to 30.");
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

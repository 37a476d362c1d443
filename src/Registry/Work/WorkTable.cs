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
internal sealed class WorkTable(Db db, Journal journal, WorkBell bell, RegistryOptions options, TimeProvider clock)
{
    /// <summary>Claims that end without a word (crashes, lost leases) before a row is given up.</summary>
    public const int MostAttempts = 20;

    private const string Insert = """
        insert into work (id, kind, name, payload, payload_digest, state, phase, traceparent, created_ms)
        values (@id, @kind, @name, @payload, @digest, 'queued', 'queued', @traceparent, @now)
        """;

    private const string Claim = """
        update work set state = 'running', attempt = attempt + 1, fence = fence + 1, worker = @worker, lease_ms = @lease, lease_until_ms = @until,
            started_ms = coalesce(started_ms, @now), phase = 'claimed'
        where id = (select id from work where state in ('queued', 'running') and state = 'queued' and CHOICE
            order by created_ms, id limit 1 /*for update skip locked*/)
        returning
        """ + " " + WorkRow.Columns;

    private const string Claimable = """
        select id, kind, attempt from work where state in ('queued', 'running') and (state = 'queued' or lease_until_ms <= @now) and CHOICE
        order by created_ms, id limit 1
        """;

    /// <summary>Adds a queued row to the caller's transaction.</summary>
    public async Task<WorkId> EnqueueAsync(DbSession session, EventDrafts events, WorkKind kind, ResourceName name, JsonElement payload, string? traceparent, CancellationToken ct)
    {
        var id = WorkId.New(kind, clock);
        await session.ExecuteAsync(Insert, new
        {
            id,
            kind = Column.Word(kind),
            name,
            payload = payload.GetRawText(),
            digest = CanonicalJson.DigestOf(payload),
            traceparent,
            now = Now(),
        }, ct);
        events.Queued(id, kind, 0, name.ToString(), traceparent);
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
                return new(row.Id, row.Kind, row.Fence, (int)row.Attempt, request.LeaseSeconds, Column.Element(row.Payload)!.Value, row.Traceparent);
            }
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
            if (await FindClaimableAsync(Choice(kinds), null, ct) is { } row)
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
        if (await FindClaimableAsync(choice, request.Id, ct) is null)
            return null;
        return await journal.WriteAsync(async (session, events, token) =>
        {
            await Leases.PutBackExpiredAsync(session, events, Now(), token);
            var row = await session.FindAsync<WorkRow>(Claim.Replace("CHOICE", choice, StringComparison.Ordinal), new
            {
                worker = request.Worker,
                lease = request.LeaseSeconds * 1000L,
                until = Now() + (request.LeaseSeconds * 1000L),
                now = Now(),
                id = request.Id,
            }, token);
            if (row is not null)
                events.Add("work.state", row.Id.ToString(), row.Told(), row.Traceparent);
            return row;
        }, ct);
    }

    private Task<WorkRow?> FindClaimableAsync(string choice, WorkId? id, CancellationToken ct) =>
        db.FindAsync<WorkRow>(Claimable.Replace("CHOICE", choice, StringComparison.Ordinal), new { now = Now(), id }, ct);

    // The words are our own enum's, so they may stand in the text.
    private static string Choice(IEnumerable<WorkKind> kinds) => $"kind in ({string.Join(", ", kinds.Distinct().Select(kind => $"'{Column.Word(kind)}'"))})";

    private static void Check(ClaimRequest request)
    {
        if (request.Kinds.Count == 0 || request.LeaseSeconds is < 1 or > 3600 || request.WaitSeconds is < 0 or > 30 || request.Worker.Length is 0 or > 200)
            throw new TemperException("request_invalid", "A claim needs a worker's name of 1 to 200 characters, at least one kind, a lease of 1 to 3600 seconds and a wait of 0 to 30.");
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

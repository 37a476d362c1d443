using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Storage.Sql;

namespace Temper.Registry.Repositories;

/// <summary>
/// Tells which objects are missing, and in the same transaction keeps the others from being collected as garbage for a while: what a client was told
/// is there will be there when its reference moves.
/// </summary>
internal sealed class PackLeases(Db db, TimeProvider clock)
{
    /// <summary>Ids of one request.</summary>
    public const int MostIds = 10_000;

    private static readonly TimeSpan Term = TimeSpan.FromHours(24);

    private const int AtOnce = 500;

    /// <exception cref="TemperException">Code <c>request_invalid</c>.</exception>
    public async Task<MissingObjects> MissingAsync(RepositoryRow repo, ObjectIdList request, CancellationToken ct)
    {
        Check(request);
        var expires = (clock.GetUtcNow() + Term).ToUnixTimeMilliseconds();
        var lease = request.Lease ?? Ulid.New(clock);
        var ids = request.Ids.ToHashSet();
        var present = await db.InTransactionAsync(async (session, token) =>
        {
            await session.ExecuteAsync("insert into leases (id, repo_id, expires_ms) values (@lease, @repo, @expires) on conflict (id) do update set expires_ms = excluded.expires_ms",
                new { lease, repo = repo.Id, expires }, token);
            var found = await PresentAsync(session, ids, token);
            await session.InsertAsync("lease_objects", ["lease_id", "object_id"], [.. found.Select(id => new object?[] { lease, id })], token);
            return found;
        }, ct);
        return new([.. request.Ids.Where(id => !present.Contains(id)).Distinct()], lease, expires);
    }

    /// <summary>Ends a lease in the transaction that made its objects needed.</summary>
    public static async Task EndAsync(DbSession session, string lease, CancellationToken ct)
    {
        await session.ExecuteAsync("delete from lease_objects where lease_id = @lease", new { lease }, ct);
        await session.ExecuteAsync("delete from leases where id = @lease", new { lease }, ct);
    }

    /// <summary>Removes leases that ran out; how many.</summary>
    public Task<int> SweepAsync(CancellationToken ct) => db.InTransactionAsync(async (session, token) =>
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await session.ExecuteAsync("delete from lease_objects where lease_id in (select id from leases where expires_ms < @now)", new { now }, token);
        return await session.ExecuteAsync("delete from leases where expires_ms < @now", new { now }, token);
    }, ct);

    /// <exception cref="TemperException">Code <c>request_invalid</c>.</exception>
    public static void Check(ObjectIdList request)
    {
        if (request.Ids.Count > MostIds)
            throw new TemperException("request_invalid", $"{request.Ids.Count} ids were sent; the server takes {MostIds} at once.");
        if (request.Lease is { } lease && !Ulid.IsValid(lease))
            throw new TemperException("request_invalid", "The lease is none that this server gave.");
    }

    private static async Task<HashSet<Digest>> PresentAsync(DbSession session, HashSet<Digest> ids, CancellationToken ct)
    {
        var present = new HashSet<Digest>();
        foreach (var some in ids.Chunk(AtOnce))
            present.UnionWith(await session.QueryAsync<Digest>($"""
                select id from pack_entries where id in ({Ids.Names(some)}) and kind <> 'recipe' and pack_id not in (select pack_id from dead_packs)
                union select id from files where id in ({Ids.Names(some)})
                """, Ids.Parameters(some), ct));
        return present;
    }
}

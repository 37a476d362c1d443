using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Care;
using Temper.Versioning.Content;

namespace Temper.Registry.Repositories;

/// <summary>
/// Removes packs that clients pushed and that nothing leads to any more, in two phases: a mark notes them, and from then on what they hold is stored
/// again rather than relied on; a mark at least the time of grace later removes those that are still dead. Moves of references and removals see each
/// other in one row: whoever comes second looks again. Any number of processes may run it at once. Packs that workers publish are never removed.
/// </summary>
internal sealed class PackCollection(Db db, IBlobStore blobs, ContentStore content, PackMarks marks, TimeProvider clock)
{
    private const int Tries = 8;

    private const string Pushed = """
        select p.id, p.size, p.created_ms, coalesce(d.since_ms, 0) as since_ms
        from packs p left join dead_packs d on d.pack_id = p.id
        where exists (select 1 from pack_uploads u where u.sha256 = p.id and u.state = 'completed') order by p.id
        """;

    private const string Cut = """
        select file_id from file_chunks c where c.chunk_id in (select id from pack_entries where pack_id = @pack)
            and not exists (select 1 from pack_entries e where e.id = c.chunk_id and e.pack_id <> @pack)
            and exists (select 1 from files f where f.id = c.file_id and f.blob_key is null)
        """;

    private sealed record PackRow
    {
        public Digest Id { get; init; }
        public long Size { get; init; }
        public long CreatedMs { get; init; }
        public long SinceMs { get; init; }
    }

    /// <summary>Whether a collection would find anything that the last one did not.</summary>
    public async Task<bool> IsDueAsync(TimeSpan grace, CancellationToken ct)
    {
        var cutoff = (clock.GetUtcNow() - grace).ToUnixTimeMilliseconds();
        return await db.ScalarAsync<long>("""
            select (select count(*) from collection where moves <> marked_moves)
                + (select count(*) from packs, collection where created_ms > marked_ms and created_ms <= @cutoff)
                + (select count(*) from dead_packs where since_ms <= @cutoff) + (select count(*) from forgotten_packs)
            """, new { cutoff }, ct) > 0;
    }

    /// <summary>Collects.</summary>
    /// <exception cref="TemperException">Code <c>request_invalid</c>: the grace is shorter than an hour.</exception>
    public async Task<PackCollectionReport> RunAsync(TimeSpan grace, bool dryRun, CancellationToken ct)
    {
        if (grace < TimeSpan.FromHours(1))
            throw new TemperException("request_invalid", $"Packs are kept for at least an hour, not {grace.TotalHours:0.##} hours: a push may rely on them.");
        if (!dryRun)
            await EndForgottenAsync(ct);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var cutoff = (clock.GetUtcNow() - grace).ToUnixTimeMilliseconds();
        var (marking, kept) = (new Marking(content), new HashSet<Digest>());
        var moves = await MovesAsync(ct);
        var broken = await marks.MarkAsync(marking, kept, ct);
        var packs = await db.QueryAsync<PackRow>(Pushed, null, ct);
        var dead = new List<PackRow>();
        foreach (var pack in packs.Where(p => p.CreatedMs <= cutoff))
            if (!await IsLiveAsync(pack.Id, marking, kept, ct))
                dead.Add(pack);
        var due = dead.Where(p => p.SinceMs > 0 && p.SinceMs <= cutoff).ToList();
        if (dryRun || broken.Count > 0)
            return new(packs.Count, dead.Count - due.Count, broken.Count > 0 ? 0 : due.Count, broken.Count > 0 ? 0 : due.Sum(p => p.Size), broken);
        await NoteAsync(packs.Where(p => p.SinceMs > 0 && !dead.Contains(p)), dead.Where(p => p.SinceMs == 0), now, moves, cutoff, ct);
        DurableSteps.Passed("repo.packs_noted");
        var removed = new List<PackRow>();
        foreach (var pack in due)
            if (await ForgetAsync(pack, marking, kept, moves, cutoff, ct) is { } seen)
            {
                moves = seen;
                removed.Add(pack);
            }
        await EndForgottenAsync(ct);
        return new(packs.Count, dead.Count - removed.Count, removed.Count, removed.Sum(p => p.Size), broken);
    }

    private Task<long> MovesAsync(CancellationToken ct) => db.ScalarAsync<long>("select moves from collection where id = 1", null, ct);

    private async Task<bool> IsLiveAsync(Digest pack, Marking marking, HashSet<Digest> kept, CancellationToken ct) =>
        (await db.QueryAsync<Digest>("select id from pack_entries where pack_id = @pack", new { pack }, ct)).Any(id => marking.Live.Contains(id) || kept.Contains(id));

    private Task NoteAsync(IEnumerable<PackRow> pardoned, IEnumerable<PackRow> noted, long now, long moves, long cutoff, CancellationToken ct) => db.InTransactionAsync(async (session, token) =>
    {
        foreach (var pack in pardoned)
            await session.ExecuteAsync("delete from dead_packs where pack_id = @pack", new { pack = pack.Id }, token);
        await session.InsertAsync("dead_packs", ["pack_id", "since_ms"], [.. noted.Select(p => new object?[] { p.Id, now })], token);
        await session.ExecuteAsync("update collection set marked_moves = @moves, marked_ms = @cutoff where id = 1", new { moves, cutoff }, token);
    }, ct);

    /// <summary>Takes a pack out of the catalogue, unless something leads to it by now. Returns the moves that were seen; null when the pack stays.</summary>
    private async Task<long?> ForgetAsync(PackRow pack, Marking marking, HashSet<Digest> kept, long moves, long cutoff, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var seen = moves;
            var state = await db.InTransactionAsync(async (session, token) =>
            {
                if (await session.ExecuteAsync("update collection set epoch = epoch + 1 where id = 1 and moves = @seen", new { seen }, token) == 0)
                    return ForgetState.Moved;
                return await ForgetAsync(session, pack.Id, cutoff, token) ? ForgetState.Forgotten : ForgetState.Stays;
            }, ct);
            if (state != ForgetState.Moved)
            {
                if (state == ForgetState.Forgotten)
                    DurableSteps.Passed("repo.pack_forgotten");
                return state == ForgetState.Forgotten ? moves : null;
            }
            moves = await MovesAsync(ct);
            if ((await marks.MarkAsync(marking, kept, ct)).Count > 0 || await IsLiveAsync(pack.Id, marking, kept, ct))
                return null;
        }
        return null;
    }

    private static async Task<bool> ForgetAsync(DbSession session, Digest pack, long cutoff, CancellationToken ct)
    {
        var row = new { pack, cutoff };
        // Somebody may have begun to send the same pack again: it counts as new then.
        if (await session.ExecuteAsync("delete from dead_packs where pack_id = @pack and since_ms <= @cutoff", row, ct) == 0)
            return false;
        var files = (await session.QueryAsync<Digest>(Cut, row, ct)).Distinct().ToList();
        await session.ExecuteAsync("delete from pack_entries where pack_id = @pack", row, ct);
        foreach (var file in files)
        {
            await session.ExecuteAsync("delete from file_chunks where file_id = @file", new { file }, ct);
            await session.ExecuteAsync("delete from files where id = @file", new { file }, ct);
        }
        await session.ExecuteAsync("delete from packs where id = @pack", row, ct);
        await session.ExecuteAsync("insert into forgotten_packs (pack_id) values (@pack) on conflict do nothing", row, ct);
        return true;
    }

    /// <summary>Removes the blobs of forgotten packs. Whoever writes one of these bytes again claims it first, and so waits or wins.</summary>
    private async Task EndForgottenAsync(CancellationToken ct)
    {
        foreach (var pack in await db.QueryAsync<Digest>("select pack_id from forgotten_packs order by pack_id", null, ct))
        {
            await db.InTransactionAsync(async (session, token) =>
            {
                if (await session.ExecuteAsync("delete from forgotten_packs where pack_id = @pack", new { pack }, token) == 1)
                    await blobs.DeleteAsync(BlobLayout.Pack(pack), null, token);
            }, ct);
            DurableSteps.Passed("repo.pack_removed");
        }
    }

    private enum ForgetState
    {
        Forgotten,
        Stays,
        Moved,
    }
}

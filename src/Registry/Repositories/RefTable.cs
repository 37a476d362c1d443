using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Registry.Repositories;

/// <summary>
/// Where the references of repositories stand. They move by compare and swap, all of one request in one transaction and in the order of their names;
/// before, everything behind their new targets is looked for.
/// </summary>
internal sealed class RefTable(Db db, Journal journal, ContentStore content, RepositorySettings settings, TimeProvider clock)
{
    private const int Most = 1_000;

    private const string Create = """
        insert into repo_refs (repo_id, name, target, version, updated_ms)
        select @repo, @name, @target, 1, @now where exists (select 1 from repos where id = @repo) on conflict (repo_id, name) do nothing
        """;

    private const string Swap = "update repo_refs set target = @target, version = version + 1, updated_ms = @now where repo_id = @repo and name = @name and target = @old";
    private const string Remove = "delete from repo_refs where repo_id = @repo and name = @name and target = @old";
    private const string Moved = "update collection set moves = moves + 1 where id = 1 and epoch = @epoch";
    private const string Log = "insert into repo_reflog (id, repo_id, name, old_target, new_target, at_ms) values (@id, @repo, @name, @old, @target, @now)";

    /// <summary>References whose names begin with <paramref name="prefix"/>, by name.</summary>
    public async Task<IReadOnlyList<RefInfo>> ListAsync(string repo, string prefix, CancellationToken ct) =>
        [.. (await db.QueryAsync<Row>("select name, target, version, updated_ms from repo_refs where repo_id = @repo order by name", new { repo }, ct))
            .Where(row => row.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(row => new RefInfo(row.Name, row.Target, row.Version, row.UpdatedMs))];

    /// <summary>Moves references.</summary>
    /// <exception cref="TemperException">Codes <c>stale_ref</c>, <c>non_fast_forward</c>, <c>missing_objects</c>, with the current target as value, when nothing moved;
    /// those of <see cref="RefRules.IsContent"/> for files and commits that the repository's settings refuse; <c>ref_invalid</c>, <c>request_invalid</c>.</exception>
    public async Task<RefOutcomes> UpdateAsync(RepositoryRow repo, RefMoves moves, CancellationToken ct)
    {
        while (true)
        {
            var epoch = await EpochAsync(ct);
            try
            {
                return await UpdateAsync(repo, moves, epoch, ct);
            }
            catch (CollectedException)
            {
                // Packs were removed after it was seen that everything is there: it is looked for again.
            }
            catch (TemperException error) when (error.Code == "object_missing")
            {
                // Or while it was looked for.
                if (await EpochAsync(ct) == epoch)
                    throw;
            }
        }
    }

    private Task<long> EpochAsync(CancellationToken ct) => db.ScalarAsync<long>("select epoch from collection where id = 1", null, ct);

    private async Task<RefOutcomes> UpdateAsync(RepositoryRow repo, RefMoves moves, long epoch, CancellationToken ct)
    {
        var sorted = moves.Updates.OrderBy(move => move.Name, StringComparer.Ordinal).ToList();
        Check(sorted);
        var known = await ListAsync(repo.Id, "", ct);
        var rules = await settings.RulesAsync(repo.Id, content, known.ToDictionary(r => r.Name, r => r.Target, StringComparer.Ordinal), ct);
        var refused = new Dictionary<string, RefOutcome>(StringComparer.Ordinal);
        foreach (var move in sorted)
            if (await rules.RefuseAsync(move, ct) is { } outcome)
                refused.Add(move.Name, outcome);
        var told = moves.Atomic && refused.Count > 0
            ? refused
            : await MoveAsync(repo, [.. sorted.Where(move => !refused.ContainsKey(move.Name))], moves, refused, epoch, ct);
        if (told.Count > 0 && (moves.Atomic || told.Count == sorted.Count))
            throw new TemperException([.. told.Values.OrderBy(o => o.Name, StringComparer.Ordinal).Select(RefRules.Problem)]);
        return new([.. sorted.Select(move => told.GetValueOrDefault(move.Name) ?? new(move.Name, "ok", move.New))]);
    }

    private static void Check(List<RefMove> moves)
    {
        if (moves.Count is 0 or > Most)
            throw new TemperException("request_invalid", $"{moves.Count} updates were sent; expected 1 to {Most}.");
        if (moves.Find(move => !RefName.IsValid(move.Name)) is { } bad)
            throw new TemperException("ref_invalid", $"'{(bad.Name.Length > 80 ? bad.Name[..80] : bad.Name)}' cannot be the name of a reference.");
        if (moves.GroupBy(move => move.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new TemperException("request_invalid", $"{twice.Key} is updated twice in one request.");
        if (moves.Find(move => move.Old is null && move.New is null) is { } nothing)
            throw new TemperException("request_invalid", $"The update of {nothing.Name} has neither old nor new.");
    }

    /// <summary>The moves of one transaction; those that were refused in it and before it.</summary>
    private async Task<Dictionary<string, RefOutcome>> MoveAsync(RepositoryRow repo, List<RefMove> moves, RefMoves request, Dictionary<string, RefOutcome> before, long epoch, CancellationToken ct)
    {
        try
        {
            var refused = await journal.WriteAsync(async (session, events, token) =>
            {
                if (await session.ExecuteAsync(Moved, new { epoch }, token) == 0)
                    throw new CollectedException();
                var lost = new Dictionary<string, RefOutcome>(before, StringComparer.Ordinal);
                foreach (var move in moves)
                    if (await SwapAsync(session, events, repo, move, token) is { } outcome)
                        lost.Add(move.Name, outcome);
                if (request.Atomic && lost.Count > 0)
                    throw new LostException(lost);
                if (request.Lease is { } lease)
                    await PackLeases.EndAsync(session, lease, token);
                return lost;
            }, ct);
            DurableSteps.Passed("repo.refs_updated");
            return refused;
        }
        catch (LostException lost)
        {
            return lost.Outcomes;
        }
    }

    private async Task<RefOutcome?> SwapAsync(DbSession session, EventDrafts events, RepositoryRow repo, RefMove move, CancellationToken ct)
    {
        var row = new { id = Ulid.New(clock), repo = repo.Id, name = move.Name, old = move.Old, target = move.New, now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        if (await session.ExecuteAsync(move.Old is null ? Create : move.New is null ? Remove : Swap, row, ct) == 0)
        {
            var found = await session.ScalarAsync<string>("select target from repo_refs where repo_id = @repo and name = @name", row, ct);
            return RefRules.Stale(move.Name, found is null ? null : Digest.Parse(found), move.Old);
        }
        await session.ExecuteAsync(Log, row, ct);
        events.Add("ref.updated", repo.Subject, new { ns = repo.Ns, name = repo.Name, @ref = move.Name, old = move.Old, @new = move.New }, null);
        return null;
    }

    private sealed class LostException(Dictionary<string, RefOutcome> outcomes) : Exception
    {
        public Dictionary<string, RefOutcome> Outcomes => outcomes;
    }

    private sealed class CollectedException : Exception;

    private sealed record Row
    {
        public string Name { get; init; } = "";
        public Digest Target { get; init; }
        public long Version { get; init; }
        public long UpdatedMs { get; init; }
    }
}

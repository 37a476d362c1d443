using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Care;

/// <summary>What of a repository must not be lost: all that its references, its log, its index and a merge under way lead to.</summary>
internal static class RepositoryRoots
{
    /// <summary>How long the log of moves holds what no reference leads to any more.</summary>
    public static readonly TimeSpan LogHolds = TimeSpan.FromDays(90);

    /// <summary>Follows references and HEAD: what must be whole.</summary>
    public static async Task FollowRefsAsync(Repository repository, Marking marking, CancellationToken ct)
    {
        foreach (var (name, target) in await repository.Refs.ListAsync("refs/", ct))
            await marking.FollowAsync(target, name, ct);
        if ((await repository.Refs.HeadAsync(ct)).Commit is { } head)
            await marking.FollowAsync(ObjectKind.Commit, head, "HEAD", ct);
    }

    /// <summary>Follows what is under way: the index, and a merge.</summary>
    public static async Task FollowWorkAsync(Repository repository, Marking marking, CancellationToken ct)
    {
        foreach (var entry in await repository.Index.LoadAsync(ct))
            await marking.FollowAsync(ObjectKind.Chunk, entry.Id, $"index, '{entry.Path}'", ct);
        foreach (var head in repository.Merging.Heads())
            await marking.FollowAsync(ObjectKind.Commit, head, "MERGE_HEAD", ct);
        if (repository.Merging.Origin() is { } origin)
            await marking.FollowAsync(ObjectKind.Commit, origin, "ORIG_HEAD", ct);
    }

    /// <summary>Follows where references were in the last 90 days; what is gone already is gone.</summary>
    public static async Task FollowLogAsync(Repository repository, Marking marking, CancellationToken ct)
    {
        var since = repository.Clock.GetUtcNow().Subtract(LogHolds).ToUnixTimeMilliseconds();
        foreach (var (id, atMs) in await MovesAsync(repository, ct))
            if (atMs >= since && await repository.Objects.FindKindAsync(id, ct) is { } kind)
                await marking.FollowAsync(kind, id, "log", ct);
    }

    /// <summary>Trees that the index remembers for its folders: the next commit relies on them.</summary>
    public static async Task FollowFolderTreesAsync(Repository repository, Marking marking, CancellationToken ct)
    {
        var known = await repository.Database.ReadAsync((session, _) => Task.FromResult(FolderTrees.Load(session)), ct);
        foreach (var (folder, tree) in known)
            await marking.FollowAsync(ObjectKind.Tree, tree.Id, $"index, folder '{folder}'", ct);
    }

    private static Task<HashSet<(Digest Id, long AtMs)>> MovesAsync(Repository repository, CancellationToken ct) => repository.Database.ReadAsync((session, _) =>
    {
        using var command = session.NewCommand("select old, new, who from reflog");
        using var reader = command.ExecuteReader();
        var moves = new HashSet<(Digest, long)>();
        while (reader.Read())
        {
            var at = ObjectText.Signature(reader.GetString(2), "log of moves").AtMs;
            for (var column = 0; column < 2; column++)
                if (!reader.IsDBNull(column))
                    moves.Add((Digest.Parse(reader.GetString(column)), at));
        }
        return Task.FromResult(moves);
    }, ct);
}

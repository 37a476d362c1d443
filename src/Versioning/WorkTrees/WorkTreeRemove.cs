using Temper.Core.Errors;
using Temper.Versioning.History;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What <see cref="WorkTree.RemoveAsync"/> removes.</summary>
/// <param name="Paths">Which files.</param>
public sealed record RemoveOptions(PathFilter Paths)
{
    /// <summary>Whether the files themselves stay.</summary>
    public bool Cached { get; init; }

    /// <summary>Whether changed files go, too.</summary>
    public bool Force { get; init; }

    /// <summary>Whether nothing is removed.</summary>
    public bool DryRun { get; init; }
}

public sealed partial class WorkTree
{
    /// <summary>Removes tracked files from the index and from the tree. The caller holds the lock.</summary>
    /// <returns>What was removed, in git's order.</returns>
    /// <exception cref="TemperException">Code <c>worktree_changed</c>: files with changes that are nowhere else, all of them; nothing is removed.</exception>
    public async Task<IReadOnlyList<string>> RemoveAsync(RemoveOptions options, RepositoryLock held, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(held);
        var index = await repository.Index.SnapshotAsync(ct);
        var paths = index.Below("").Where(e => options.Paths.Matches(e.Path)).Select(e => e.Path).Distinct(StringComparer.Ordinal).Order(GitOrder.Comparer).ToList();
        if (!options.Force)
            await ThrowIfPreciousAsync(index, paths, options.Cached, ct);
        if (options.DryRun || paths.Count == 0)
            return paths;
        if (!options.Cached)
            await WriteAsync(paths, new Dictionary<string, Objects.TreeEntry>(), held, ct);
        await repository.Index.RemoveAsync([.. paths.Select(SafePath.Parse)], ct);
        return paths;
    }

    private async Task ThrowIfPreciousAsync(IndexSnapshot index, List<string> paths, bool cached, CancellationToken ct)
    {
        var problems = new List<Problem>();
        var head = new TreeLookup(repository.Objects, await TreeOfAsync((await repository.Refs.HeadAsync(ct)).Commit, ct));
        var state = new PathState(repository.WorkFolder, index, _check, RootRules(), null);
        foreach (var path in paths)
        {
            var (folder, name) = GitOrder.Split(path);
            if (index.Find(folder, name) is not { Stage: 0 } item || state.Facts(path) is not { Kind: not NameKind.Folder })
                continue;
            var changed = !await state.IsCleanAsync(path, item, ct);
            var staged = await head.FindAsync(path, ct) is not { } entry || entry.Id != item.Id || entry.Mode != item.Mode;
            var why = staged && changed ? "differs from both the index and the last commit" : cached ? null : staged ? "has changes in the index" : changed ? "has local changes" : null;
            if (why is not null)
                problems.Add(new("worktree_changed", $"'{path}' {why}.") { File = path });
        }
        if (problems.Count == 0)
            return;
        problems[^1] = problems[^1] with { Hint = "--cached keeps the file, -f removes it with its changes." };
        throw new TemperException(problems);
    }
}

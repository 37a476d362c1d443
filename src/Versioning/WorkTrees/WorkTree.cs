using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>The files of a repository's folder, against its index and its commits.</summary>
/// <param name="repository">Not a bare one.</param>
public sealed partial class WorkTree(Repository repository)
{
    private readonly FileCheck _check = FileCheck.Of(repository.Config);

    /// <summary>What differs between HEAD, index and files.</summary>
    /// <param name="untracked">How files that the index does not have are told.</param>
    /// <param name="ignored">Whether ignored files are listed.</param>
    /// <param name="paths">Only these; null: all.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>permission_denied</c>, <c>object_missing</c>, <c>object_corrupt</c>, <c>index_corrupt</c>.</exception>
    public async Task<WorkTreeStatus> StatusAsync(UntrackedFiles untracked, bool ignored, PathFilter? paths, CancellationToken ct)
    {
        var head = await repository.Refs.HeadAsync(ct);
        var index = await repository.Index.SnapshotAsync(ct);
        var tree = await TreeOfAsync(head.Commit, ct);
        var differs = Task.Run(() => StagedChanges.FindAsync(repository.Objects, index, tree, ct), ct);
        var found = Scan(index, untracked, ignored, paths, ct);
        var staged = await differs;
        await RefreshAsync(found, ct);
        var tracked = new Dictionary<string, PathStatus>(StringComparer.Ordinal);
        foreach (var change in staged)
            tracked[change.Path] = new(change.Path, change.Status, ' ');
        foreach (var changed in found.Changed)
            tracked[changed.Path] = new(changed.Path, tracked.TryGetValue(changed.Path, out var also) ? also.Staged : ' ', changed.Change);
        foreach (var (path, stages) in Conflicts(index))
            tracked[path] = PathStatus.Conflict(path, stages);
        return new(head, [.. tracked.Values.Where(t => paths?.Matches(t.Path) != false).OrderBy(t => t.Path, GitOrder.Comparer)],
            Sorted(found.Untracked, '?', paths), Sorted(found.Ignored, '!', paths));
    }

    /// <summary>The tree of a commit; null for none.</summary>
    internal async Task<Digest?> TreeOfAsync(Digest? commit, CancellationToken ct) => commit is { } id ? (await repository.Objects.ReadCommitAsync(id, ct)).Tree : null;

    internal ScanResult Scan(IndexSnapshot index, UntrackedFiles untracked, bool ignored, PathFilter? paths, CancellationToken ct) =>
        new WorkScan(repository.WorkFolder, index, _check, RootRules(), untracked, ignored, SparsePaths.Of(repository.Config)).Run(paths, ct);

    /// <summary>Paths in conflict, with the sides that the index has.</summary>
    internal static Dictionary<string, int> Conflicts(IndexSnapshot index)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (folder, pages) in index.Folders)
            foreach (var item in pages.HasConflict ? pages.Items : [])
                if (item.Stage > 0 && (folder.Length == 0 ? item.Name : $"{folder}/{item.Name}") is var path)
                    found[path] = found.GetValueOrDefault(path) | 1 << item.Stage - 1;
        return found;
    }

    internal IgnoreRules RootRules() => IgnoreRules.Root(Path.Combine(repository.Home, RepositoryLayout.Exclude));

    // What was hashed need not be hashed again; when somebody else is writing, it may as well be.
    private async Task RefreshAsync(ScanResult found, CancellationToken ct)
    {
        if (found.Verified.IsEmpty)
            return;
        using var held = repository.TryLock();
        if (held is null)
            return;
        var clock = held.ClockNs();
        var entries = found.Verified.Where(entry => entry.Stamp.UnlessRacy(clock).IsKnown).ToList();
        if (entries.Count > 0)
            await repository.Index.RefreshAsync(entries, ct);
    }

    private static List<PathStatus> Sorted(IEnumerable<string> paths, char sign, PathFilter? wanted) =>
        [.. paths.Where(path => wanted is null || wanted.Matches(path.TrimEnd('/')) || path.EndsWith('/') && wanted.MayMatchBelow(path[..^1])).Order(GitOrder.Comparer).Select(path => new PathStatus(path, sign, sign))];
}

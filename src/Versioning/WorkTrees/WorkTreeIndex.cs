using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

public sealed partial class WorkTree
{
    /// <summary>Lists files by what they are to the index.</summary>
    /// <param name="others">Whether untracked and ignored ones are wanted.</param>
    /// <param name="withIgnored">Whether patterns do not count: ignored files are untracked ones.</param>
    /// <param name="paths">Only these; null: all.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<WorkListing> ListAsync(bool others, bool withIgnored, PathFilter? paths, CancellationToken ct)
    {
        var index = await repository.Index.SnapshotAsync(ct);
        var rules = withIgnored ? IgnoreRules.None : RootRules();
        var scan = new WorkScan(repository.WorkFolder, index, _check, rules, others ? UntrackedFiles.All : UntrackedFiles.No, others, SparsePaths.Of(repository.Config)).Run(paths, ct);
        var changes = scan.Changed.ToDictionary(c => c.Path, c => c.Change, StringComparer.Ordinal);
        foreach (var path in Conflicts(index).Keys)
            changes[path] = ScannedFolder.StatPath(Path.Combine(repository.WorkFolder, path)) is null ? 'D' : 'M';
        return new([.. scan.Untracked.Where(p => paths?.Matches(p.TrimEnd('/')) != false)], [.. scan.Ignored.Where(p => paths?.Matches(p.TrimEnd('/')) != false)], changes);
    }

    /// <summary>Makes the index of some paths that of a tree, null the empty one; files stay. The caller holds the lock.</summary>
    public async Task ResetIndexAsync(Digest? tree, PathFilter paths, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var index = await repository.Index.SnapshotAsync(ct);
        var lookup = new TreeLookup(repository.Objects, tree);
        var changed = (await StagedChanges.FindAsync(repository.Objects, index, tree, ct)).Select(change => change.Path).Concat(Conflicts(index).Keys);
        var (removed, put) = (new List<SafePath>(), new List<IndexEntry>());
        foreach (var path in changed.Where(paths.Matches).Distinct(StringComparer.Ordinal))
        {
            if (await lookup.FindAsync(path, ct) is { Mode: not Objects.EntryMode.Folder } entry)
                put.Add(new(SafePath.Parse(path), 0, entry.Mode, entry.Id, entry.Size, default));
            else
                removed.Add(SafePath.Parse(path));
        }
        if (removed.Count + put.Count > 0)
            await repository.Index.ChangeAsync(removed, put, ct);
    }
}

/// <summary>Files of a work tree by what they are to the index.</summary>
/// <param name="Untracked">Each file that the index does not have and no pattern keeps out.</param>
/// <param name="Ignored">Each file that a pattern keeps out.</param>
/// <param name="Changes">Tracked files that differ, with M, D or T.</param>
public sealed record WorkListing(IReadOnlyList<string> Untracked, IReadOnlyList<string> Ignored, IReadOnlyDictionary<string, char> Changes);

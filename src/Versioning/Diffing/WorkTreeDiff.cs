using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Versioning.Diffing;

/// <summary>Differences of a tree, the index and the work tree, in git's order.</summary>
public sealed class WorkTreeDiff(Repository repository)
{
    private readonly FileCheck _check = FileCheck.Of(repository.Config);

    /// <summary>From a tree, null the empty one, to the index.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>, <c>index_corrupt</c>.</exception>
    public async Task<IReadOnlyList<FileDifference>> TreeToIndexAsync(Digest? tree, PathFilter? paths, CancellationToken ct)
    {
        var index = await repository.Index.SnapshotAsync(ct);
        var found = (await StagedChanges.FindAsync(repository.Objects, index, tree, ct))
            .Select(c => new FileDifference(c.Path, FileVersion.Of(repository.Objects, c.Old), Version(c.New)))
            .Concat(WorkTree.Conflicts(index).Keys.Select(Unmerged));
        return Sorted(found, paths);
    }

    /// <summary>From the index to the files. A file in conflict is told as such, and compared to our side.</summary>
    /// <exception cref="TemperException">Codes <c>permission_denied</c>, <c>index_corrupt</c>.</exception>
    public async Task<IReadOnlyList<FileDifference>> IndexToFilesAsync(PathFilter? paths, CancellationToken ct)
    {
        var index = await repository.Index.SnapshotAsync(ct);
        var conflicts = WorkTree.Conflicts(index);
        var found = new List<FileDifference>();
        foreach (var path in (await new WorkTree(repository).ListAsync(false, false, paths, ct)).Changes.Keys.Union(conflicts.Keys))
        {
            var (folder, name) = GitOrder.Split(path);
            var isConflict = conflicts.ContainsKey(path);
            if (isConflict)
                found.Add(Unmerged(path));
            var item = isConflict ? index.Items(folder).Where(i => i.Name == name && i.Stage == 2).Select(i => (IndexItem?)i).FirstOrDefault() : index.Find(folder, name);
            if (item is not null && new FileDifference(path, Version(item), OnDisk(path, item)) is var change && IsChange(change))
                found.Add(change);
        }
        return Sorted(found, paths);
    }

    /// <summary>From a tree to the files that the index knows.</summary>
    /// <exception cref="TemperException">Codes <c>permission_denied</c>, <c>object_missing</c>, <c>object_corrupt</c>, <c>index_corrupt</c>.</exception>
    public async Task<IReadOnlyList<FileDifference>> TreeToFilesAsync(Digest? tree, PathFilter? paths, CancellationToken ct)
    {
        var index = await repository.Index.SnapshotAsync(ct);
        var (staged, lookup) = (await StagedChanges.FindAsync(repository.Objects, index, tree, ct), new TreeLookup(repository.Objects, tree));
        var changes = (await new WorkTree(repository).ListAsync(false, false, paths, ct)).Changes;
        var found = new List<FileDifference>();
        foreach (var path in staged.Select(s => s.Path).Union(changes.Keys).Union(WorkTree.Conflicts(index).Keys))
        {
            var (folder, name) = GitOrder.Split(path);
            var old = await lookup.FindAsync(path, ct) is { Mode: not EntryMode.Folder } entry ? FileVersion.Of(repository.Objects, entry) : null;
            var items = index.Items(folder).Where(i => i.Name == name).Select(i => (IndexItem?)i).ToList();
            var item = items.Find(i => i!.Value.Stage is 0 or 2) ?? items.FirstOrDefault();
            var now = item is null ? null : item.Value.Stage == 0 && !changes.ContainsKey(path) ? Version(item) : OnDisk(path, item);
            if (new FileDifference(path, old, now) is var change && IsChange(change))
                found.Add(change);
        }
        return Sorted(found, paths);
    }

    private static bool IsChange(FileDifference change) => change.Old?.Id != change.New?.Id || change.Old?.Mode != change.New?.Mode;

    private static FileDifference Unmerged(string path) => new(path, null, null) { IsUnmerged = true };

    private static FileDifference[] Sorted(IEnumerable<FileDifference> found, PathFilter? paths) =>
        [.. found.Where(f => paths?.Matches(f.Path) != false).OrderBy(f => f.Path, GitOrder.Comparer)];

    private FileVersion? Version(IndexItem? item) => item is { } known ? FileVersion.Of(repository.Objects, new(known.Mode, known.Name, known.Id, known.Size)) : null;

    private FileVersion? OnDisk(string path, IndexItem? before)
    {
        var full = Path.Combine(repository.WorkFolder, path);
        if (ScannedFolder.StatPath(full) is not { Kind: NameKind.File or NameKind.Link } facts || FileCheck.Hash(full, facts) is not { } id)
            return null;
        return new(_check.ModeOf(facts, before), id, facts.Size, _ => ValueTask.FromResult(facts.Kind == NameKind.Link
            ? (Stream)new MemoryStream(Encoding.UTF8.GetBytes(new FileInfo(full).LinkTarget ?? ""))
            : File.Open(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));
    }
}

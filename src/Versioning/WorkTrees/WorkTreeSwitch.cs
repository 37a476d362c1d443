using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

public sealed partial class WorkTree
{
    /// <summary>
    /// Brings index and files from one tree to another, keeping local changes of files that are the same in both; refuses, before anything is touched,
    /// when changes or untracked files would be lost. The caller holds the lock, moves HEAD afterwards, and then calls <see cref="EndSwitch"/>.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>worktree_changed</c>, <c>index_unmerged</c>, <c>link_refused</c>, <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task SwitchAsync(Digest? from, Digest? to, RepositoryLock held, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(held);
        var index = await repository.Index.SnapshotAsync(ct);
        if (Conflicts(index) is { Count: > 0 } conflicts)
            throw new TemperException([.. conflicts.Keys.Order(GitOrder.Comparer).Select(path => new Problem("index_unmerged", $"'{path}' is in conflict.") { File = path })]);
        var journal = new SwitchJournal(repository.Home);
        var begun = journal.Begun() is { } tree ? new TreeLookup(repository.Objects, tree) : null;
        var paths = new PathState(repository.WorkFolder, index, _check, RootRules(), begun);
        var plan = await new SwitchPlanner(repository.Objects, index, paths).PlanAsync(from, to, ct);
        plan.ThrowIfRefused();
        journal.Begin(to);
        var put = await WriteAsync(plan.Removes, plan.Writes, held, ct);
        await repository.Index.ChangeAsync([.. plan.Removes.Select(SafePath.Parse)], put, ct);
    }

    /// <summary>Makes index and files those of a tree, whatever was changed; untracked files that are not in the way stay. Then as <see cref="SwitchAsync"/>.</summary>
    /// <exception cref="TemperException">Codes <c>link_refused</c>, <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task ResetAsync(Digest? tree, RepositoryLock held, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(held);
        var index = await repository.Index.SnapshotAsync(ct);
        var (writes, removes) = (new SortedDictionary<string, TreeEntry>(GitOrder.Comparer), new SortedSet<string>(GitOrder.Comparer));
        var lookup = new TreeLookup(repository.Objects, tree);
        var touched = Conflicts(index).Keys.Concat(Scan(index, UntrackedFiles.No, false, null, ct).Changed.Select(c => c.Path)).ToHashSet(StringComparer.Ordinal);
        touched.UnionWith((await StagedChanges.FindAsync(repository.Objects, index, tree, ct)).Select(change => change.Path));
        foreach (var path in touched)
        {
            if (await lookup.FindAsync(path, ct) is { Mode: not EntryMode.Folder } entry)
                writes[path] = entry;
            else
                removes.Add(path);
        }
        new SwitchJournal(repository.Home).Begin(tree);
        var put = await WriteAsync(removes, writes, held, ct);
        await repository.Index.ReadTreeAsync(repository.Objects, tree, ct);
        await repository.Index.RefreshAsync(put, ct);
    }

    /// <summary>Says that HEAD is where the files are: the change of the work tree is complete.</summary>
    public void EndSwitch() => new SwitchJournal(repository.Home).End();

    /// <summary>Removes and writes files, whatever is there. The index is left to the caller.</summary>
    /// <returns>Entries of what was written, with their stamps.</returns>
    internal async Task<List<IndexEntry>> WriteAsync(IReadOnlyCollection<string> removes, IReadOnlyDictionary<string, TreeEntry> writes, RepositoryLock held, CancellationToken ct)
    {
        var sparse = SparsePaths.Of(repository.Config);
        if (repository is { Objects.IsPartial: true, Promised: { } fetch })
            await fetch([.. writes.Where(w => sparse?.Holds(w.Key) != false).Select(w => w.Value.Id)], ct);
        using var files = WorkFiles.Open(repository.WorkFolder, Path.Combine(repository.Home, "objects/tmp"));
        foreach (var path in removes.Reverse())
            files.Remove(SafePath.Parse(path).ToString());
        DurableSteps.Passed("vcs.files_removed");
        var written = new List<(SafePath Path, TreeEntry Entry, FileFacts Facts)>(writes.Count);
        foreach (var (text, entry) in writes)
        {
            ct.ThrowIfCancellationRequested();
            var path = SafePath.Parse(text);
            if (sparse?.Holds(text) == false)
            {
                written.Add((path, entry, default));
                continue;
            }
            Clear(files, text);
            written.Add((path, entry, entry.Mode == EntryMode.Link && _check.KeepsLinks ? await LinkAsync(files, text, entry, ct) : await FileAsync(files, text, entry, ct)));
            DurableSteps.Passed("vcs.file_written");
        }
        var clock = held.ClockNs();
        return [.. written.Select(w => new IndexEntry(w.Path, 0, w.Entry.Mode, w.Entry.Id, w.Entry.Size, w.Facts.Stamp.UnlessRacy(clock)))];
    }

    // A file where a folder is needed, or a folder where the file goes: both were found to be free, or are given up.
    private void Clear(WorkFiles files, string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (ScannedFolder.StatPath(Path.Combine(repository.WorkFolder, path[..slash])) is not { } facts)
                return;
            if (facts.Kind != NameKind.Folder)
            {
                files.Remove(path[..slash]);
                return;
            }
        }
        if (ScannedFolder.StatPath(Path.Combine(repository.WorkFolder, path)) is { Kind: NameKind.Folder })
            files.RemoveFolder(path);
    }

    private async Task<FileFacts> FileAsync(WorkFiles files, string path, TreeEntry entry, CancellationToken ct)
    {
        using var begun = files.Begin(entry.Mode);
        await repository.Objects.WriteFileAsync(entry.Id, begun, ct);
        return files.Finish(begun, path);
    }

    private async Task<FileFacts> LinkAsync(WorkFiles files, string path, TreeEntry entry, CancellationToken ct)
    {
        await using var content = await repository.Objects.OpenFileAsync(entry.Id, 0, 4096, ct);
        using var target = new MemoryStream();
        await content.CopyToAsync(target, ct);
        return files.Link(Encoding.UTF8.GetString(target.ToArray()), path);
    }
}

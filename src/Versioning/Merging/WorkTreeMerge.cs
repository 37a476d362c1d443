using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Versioning.Merging;

/// <summary>Brings the result of a merge into index and work tree, and takes it out again. Whoever calls holds the repository's lock.</summary>
public sealed class WorkTreeMerge(Repository repository, WorkTree work)
{
    /// <summary>Whether a change of the work tree was begun and not ended.</summary>
    public bool IsCutOff => new SwitchJournal(repository.Home).Begun() is not null;

    /// <summary>Paths whose index differs from a tree: while there are any, nothing is merged.</summary>
    /// <param name="tree">Of the commit that is checked out.</param>
    /// <param name="merged">The merge's result: what a run that was cut off had already done of it is no difference.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<IReadOnlyList<string>> StagedAsync(Digest? tree, Digest? merged, CancellationToken ct)
    {
        if (merged is not null && new SwitchJournal(repository.Home).Begun() == merged)
            return [];
        var index = await repository.Index.SnapshotAsync(ct);
        return [.. (await StagedChanges.FindAsync(repository.Objects, index, tree, ct)).Select(c => c.Path).Order(GitOrder.Comparer)];
    }

    /// <summary>
    /// Writes a merge whose objects are durable: files as the merge left them, the sides of conflicts into the index, theirs of binary conflicts beside
    /// ours. Refuses, before anything is touched, when local changes would be lost. HEAD is left to the caller, who then calls <see cref="WorkTree.EndSwitch"/>.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>worktree_changed</c>, <c>link_refused</c>, <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task ApplyAsync(Digest? from, MergeResult merged, RepositoryLock held, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(merged);
        await work.SwitchAsync(from, merged.Tree, held, ct);
        foreach (var (path, entry) in merged.Beside)
            await LayAsync(path, entry, held, ct);
        if (merged.Conflicts.Count == 0)
            return;
        var stages = merged.Conflicts.SelectMany(c => new[] { Stage(c.Path, 1, c.Base), Stage(c.Path, 2, c.Ours), Stage(c.Path, 3, c.Theirs) }).OfType<IndexEntry>().ToList();
        await repository.Index.ChangeAsync([.. merged.Conflicts.Select(c => c.Path)], stages, ct);
        DurableSteps.Passed("vcs.conflicts_written");
    }

    /// <summary>
    /// Gives a merge up: what it brought into the index, and files in conflict, become those of a tree; changes that were never added stay.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>link_refused</c>, <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task AbortAsync(Digest? head, RepositoryLock held, CancellationToken ct)
    {
        var index = await repository.Index.SnapshotAsync(ct);
        var lookup = new TreeLookup(repository.Objects, head);
        var conflicts = WorkTree.Conflicts(index).Keys.ToList();
        var (writes, removes) = (new SortedDictionary<string, TreeEntry>(GitOrder.Comparer), new SortedSet<string>(GitOrder.Comparer));
        foreach (var path in conflicts.Concat((await StagedChanges.FindAsync(repository.Objects, index, head, ct)).Select(c => c.Path)).Distinct(StringComparer.Ordinal))
        {
            if (await lookup.FindAsync(path, ct) is { Mode: not EntryMode.Folder } entry)
                writes[path] = entry;
            else
                removes.Add(path);
        }
        RemoveBeside(index, conflicts);
        new SwitchJournal(repository.Home).Begin(head);
        var put = await work.WriteAsync(removes, writes, held, ct);
        await repository.Index.ChangeAsync([.. removes.Concat(writes.Keys).Select(SafePath.Parse)], put, ct);
    }

    private static IndexEntry? Stage(SafePath path, int stage, TreeEntry? entry) => entry is null ? null : new(path, stage, entry.Mode, entry.Id, entry.Size, default);

    private async Task LayAsync(SafePath path, TreeEntry entry, RepositoryLock held, CancellationToken ct)
    {
        // Somebody's own file of that name is worth more than a copy of what the index names anyway.
        if (ScannedFolder.StatPath(Path.Combine(repository.WorkFolder, path.ToString())) is null)
            await work.WriteAsync([], new SortedDictionary<string, TreeEntry> { [path.ToString()] = entry }, held, ct);
    }

    private void RemoveBeside(IndexSnapshot index, List<string> conflicts)
    {
        foreach (var path in conflicts)
        {
            var (folder, name) = GitOrder.Split(path);
            var full = Path.Combine(repository.WorkFolder, path + ".theirs");
            var theirs = index.Items(folder).Where(i => i.Name == name && i.Stage == 3).Select(i => (Digest?)i.Id).FirstOrDefault();
            if (theirs is not null && index.Find(folder, name + ".theirs") is null && ScannedFolder.StatPath(full) is { Kind: NameKind.File } facts && FileCheck.Hash(full, facts) == theirs)
                File.Delete(full);
        }
    }
}

using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The tree of <c>commit PATHS</c>: that of HEAD with the named paths as they are in the work tree.</summary>
internal sealed class PartialCommit(Repository repository, WorkTree work, List<string> paths)
{
    private readonly Stack<AddResult> _added = new();
    private readonly PathFilter _filter = PathFilter.Of(paths)!;

    /// <summary>A path that fits nothing of the index or of HEAD; null when all fit.</summary>
    public async Task<string?> UnmatchedAsync(CancellationToken ct)
    {
        var known = (await repository.Index.LoadAsync(ct)).Select(e => e.Path.ToString()).ToList();
        await foreach (var change in TreeDiff.CompareAsync(repository.Objects, null, await TreeAsync(ct), _filter, ct))
            known.Add(change.Path.ToString());
        return paths.Find(path => PathFilter.Of([path]) is { } one && !known.Exists(one.Matches));
    }

    /// <summary>Takes the paths into the index; those that only HEAD has and that are there again, too.</summary>
    public async Task AddAsync(RepositoryLock held, CancellationToken ct)
    {
        var status = await work.StatusAsync(UntrackedFiles.No, false, _filter, ct);
        var back = status.Tracked.Where(t => t.Staged == 'D' && File.Exists(Path.Combine(repository.WorkFolder, t.Path))).Select(t => t.Path).ToList();
        if (back.Count > 0)
            _added.Push(await work.AddAsync(new() { Paths = PathFilter.Of(back), Force = true, Undoable = true }, held, ct));
        _added.Push(await work.AddAsync(new() { Paths = _filter, TrackedOnly = true, Undoable = true }, held, ct));
    }

    /// <summary>Takes that back, for a commit that did not come about.</summary>
    public async Task UndoAsync()
    {
        while (_added.TryPop(out var added))
            await work.UndoAsync(added, CancellationToken.None);
    }

    /// <summary>Makes the tree durable; its id.</summary>
    public async Task<Digest> WriteTreeAsync(CancellationToken ct)
    {
        var changes = new Dictionary<string, TreeEntry?>(StringComparer.Ordinal);
        var head = await TreeAsync(ct);
        await foreach (var change in TreeDiff.CompareAsync(repository.Objects, null, head, _filter, ct))
            changes[change.Path.ToString()] = null;
        foreach (var entry in await repository.Index.LoadAsync(ct))
            if (_filter.Matches(entry.Path.ToString()))
                changes[entry.Path.ToString()] = new(entry.Mode, entry.Path.Parts[^1], entry.Id, entry.Size);
        await using var batch = repository.Objects.BeginBatch();
        var root = await FolderAsync(batch, head, [.. changes.Select(c => (c.Key.Split('/'), c.Value))], 0, ct) ?? batch.AddFolder([]);
        await batch.StoreAsync(ct);
        return root.Id;
    }

    private async Task<Digest?> TreeAsync(CancellationToken ct) => await MergeEnd.TreeAsync(repository, (await repository.Refs.HeadAsync(ct)).Commit, ct);

    /// <summary>A folder with changes below it; null where nothing is left in it.</summary>
    private async Task<(Digest Id, long Size)?> FolderAsync(IObjectBatch batch, Digest? old, List<(string[] Path, TreeEntry? Entry)> changes, int depth, CancellationToken ct)
    {
        var entries = (old is { } tree ? await repository.Objects.ReadTreeAsync(tree, ct) : []).ToDictionary(e => e.Name, StringComparer.Ordinal);
        foreach (var here in changes.GroupBy(c => c.Path[depth], StringComparer.Ordinal))
        {
            var before = entries.GetValueOrDefault(here.Key);
            var below = here.Where(c => c.Path.Length > depth + 1).ToList();
            if (here.FirstOrDefault(c => c.Path.Length == depth + 1) is { Path: not null, Entry: { } file })
                entries[here.Key] = file;
            else if (below.Count > 0 && await FolderAsync(batch, before is { Mode: EntryMode.Folder } ? before.Id : null, below, depth + 1, ct) is { } folder)
                entries[here.Key] = new(EntryMode.Folder, here.Key, folder.Id, folder.Size);
            else if (below.Count > 0 || before is not { Mode: EntryMode.Folder })
                entries.Remove(here.Key);
        }
        return entries.Count == 0 && depth > 0 ? null : batch.AddFolder([.. entries.Values]);
    }
}

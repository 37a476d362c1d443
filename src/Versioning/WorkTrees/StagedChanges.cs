using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>One path that a tree and the index do not have alike.</summary>
/// <param name="Path">Where.</param>
/// <param name="Old">In the tree; null: not there.</param>
/// <param name="New">In the index, merged; null: not there.</param>
internal sealed record StagedChange(string Path, TreeEntry? Old, IndexItem? New)
{
    /// <summary>A, D, M or T.</summary>
    public char Status => Old is null ? 'A' : New is null ? 'D' : (Old.Mode == EntryMode.Link) != (New.Value.Mode == EntryMode.Link) ? 'T' : 'M';
}

/// <summary>Compares a tree to the index. Folders whose tree is known to be the same are not opened.</summary>
internal sealed class StagedChanges(IObjectStore store, IndexSnapshot index)
{
    private readonly List<StagedChange> _found = [];

    /// <summary>All differences, in no order; paths in conflict are left out.</summary>
    public static async Task<List<StagedChange>> FindAsync(IObjectStore store, IndexSnapshot index, Digest? tree, CancellationToken ct)
    {
        if (tree is null && index.Folders.Count == 0)
            return [];
        var changes = new StagedChanges(store, index);
        await changes.CompareAsync("", tree, ct);
        return changes._found;
    }

    private async Task CompareAsync(string folder, Digest? tree, CancellationToken ct)
    {
        if (tree is not null && index.Trees.TryGetValue(folder, out var known) && known.Id == tree)
            return;
        var here = new Dictionary<string, IndexItem>(StringComparer.Ordinal);
        var conflicts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in index.Items(folder))
        {
            if (item.Stage == 0)
                here[item.Name] = item;
            else
                conflicts.Add(item.Name);
        }
        var below = new HashSet<string>(index.Subfolders(folder), StringComparer.Ordinal);
        foreach (var entry in tree is { } id ? await store.ReadTreeAsync(id, ct) : [])
        {
            var path = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
            if (entry.Mode == EntryMode.Folder)
            {
                below.Remove(entry.Name);
                await CompareAsync(path, entry.Id, ct);
            }
            else if (!here.Remove(entry.Name, out var item))
            {
                if (!conflicts.Contains(entry.Name))
                    _found.Add(new(path, entry, null));
            }
            else if (item.Id != entry.Id || item.Mode != entry.Mode)
                _found.Add(new(path, entry, item));
        }
        foreach (var item in here.Values)
            _found.Add(new(folder.Length == 0 ? item.Name : $"{folder}/{item.Name}", null, item));
        foreach (var name in below)
            await CompareAsync(folder.Length == 0 ? name : $"{folder}/{name}", null, ct);
    }
}

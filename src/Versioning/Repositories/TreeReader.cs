using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>Brings the index to the content of a tree, reading only folders that differ.</summary>
internal sealed class TreeReader(IObjectStore store, IndexSnapshot index)
{
    private readonly Dictionary<string, List<IndexItem>> _replaced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FolderTree> _trees = new(StringComparer.Ordinal);

    /// <summary>Nothing stays.</summary>
    public void Empty() => Drop("");

    /// <summary>Notes what changes in a folder and below.</summary>
    public async Task ReadAsync(string folder, Digest tree, CancellationToken ct)
    {
        if (index.Trees.TryGetValue(folder, out var known) && known.Id == tree)
            return;
        var entries = await store.ReadTreeAsync(tree, ct);
        var before = new Dictionary<string, IndexItem>(StringComparer.Ordinal);
        foreach (var item in index.Items(folder))
            if (item.Stage == 0)
                before[item.Name] = item;
        var items = new List<IndexItem>();
        var below = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Mode == EntryMode.Folder)
            {
                below.Add(entry.Name);
                await ReadAsync(PathOf(folder, entry.Name), entry.Id, ct);
            }
            else
            {
                var same = before.TryGetValue(entry.Name, out var old) && old.Id == entry.Id && old.Mode == entry.Mode;
                items.Add(new(entry.Name, 0, entry.Mode, entry.Id, entry.Size, same ? old.Stamp : default));
            }
        }
        foreach (var gone in index.Subfolders(folder))
            if (!below.Contains(gone))
                Drop(PathOf(folder, gone));
        items.Sort(IndexItem.Compare);
        _replaced[folder] = items;
        _trees[folder] = new(tree, entries.Sum(e => e.Size));
    }

    /// <summary>Writes it all, as part of a transaction.</summary>
    public void Save(DbSession session)
    {
        FolderTrees.Forget(session, _replaced.Keys);
        foreach (var (folder, items) in _replaced)
            IndexPages.Replace(session, folder, items);
        FolderTrees.Put(session, _trees);
    }

    private void Drop(string folder)
    {
        _replaced[folder] = [];
        foreach (var name in index.Subfolders(folder))
            Drop(PathOf(folder, name));
    }

    private static string PathOf(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}

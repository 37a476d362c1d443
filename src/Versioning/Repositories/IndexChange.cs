using Temper.Storage.Sql;

namespace Temper.Versioning.Repositories;

/// <summary>A set of changes on their way into the index.</summary>
internal sealed class IndexChange
{
    private readonly Dictionary<string, FolderEdit> _edits = new(StringComparer.Ordinal);
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _needed = new(StringComparer.Ordinal);

    public void Remove(string path)
    {
        var (folder, name) = GitOrder.Split(path);
        Edit(folder).Remove(name);
    }

    public void Put(IndexEntry entry)
    {
        var (folder, name) = GitOrder.Split(entry.Path.ToString());
        Edit(folder).Put(new(name, entry.Stage, entry.Mode, entry.Id, entry.Size, entry.Stamp));
        if (entry.Stage != 0)
            return;
        _files.Add(entry.Path.ToString());
        _needed.Add(folder);
    }

    public void Apply(DbSession session)
    {
        MakeRoom(session);
        var changed = new List<string>();
        foreach (var (folder, edit) in _edits)
            if (IndexPages.Change(session, folder, edit))
                changed.Add(folder);
        FolderTrees.Forget(session, changed);
    }

    // A file cannot stand where a folder is, nor the other way round.
    private void MakeRoom(DbSession session)
    {
        if (_files.Count == 0)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var needed in _needed)
        {
            for (var folder = needed; folder.Length > 0 && seen.Add(folder);)
            {
                var (parent, name) = GitOrder.Split(folder);
                Edit(parent).RemoveMerged(name);
                folder = parent;
            }
        }
        var folders = IndexPages.Folders(session);
        if (folders.Count == 0)
            return;
        foreach (var file in _files)
            foreach (var below in Below(folders, file))
                foreach (var item in IndexPages.Load(session, below))
                    if (item.Stage == 0 && !_files.Contains($"{below}/{item.Name}"))
                        Edit(below).RemoveMerged(item.Name);
    }

    private static IEnumerable<string> Below(List<string> folders, string path)
    {
        var at = folders.BinarySearch(path, GitOrder.Comparer);
        if (at >= 0)
            yield return folders[at];
        var start = ~folders.BinarySearch(path + "/", GitOrder.Comparer);
        for (at = start; at < folders.Count && folders[at].StartsWith(path + "/", StringComparison.Ordinal); at++)
            yield return folders[at];
    }

    private FolderEdit Edit(string folder)
    {
        if (!_edits.TryGetValue(folder, out var edit))
            _edits.Add(folder, edit = new());
        return edit;
    }
}

namespace Temper.Versioning.Repositories;

/// <summary>The index at one moment.</summary>
/// <param name="Folders">Entries by folder; folders without files of their own are absent.</param>
/// <param name="Trees">Ids of the trees of folders in which nothing changed since they were written.</param>
internal sealed record IndexSnapshot(Dictionary<string, IndexFolder> Folders, Dictionary<string, FolderTree> Trees)
{
    private Dictionary<string, SortedSet<string>>? _children;

    /// <summary>Names of the folders in a folder that hold entries, at any depth.</summary>
    public IReadOnlySet<string> Subfolders(string folder) => (_children ??= Children(Folders.Keys)).GetValueOrDefault(folder) ?? Nothing;

    private static readonly SortedSet<string> Nothing = [];

    /// <summary>Names of folders by the folder that they are in, from the folders that hold files.</summary>
    public static Dictionary<string, SortedSet<string>> Children(IEnumerable<string> folders)
    {
        var children = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in folders)
        {
            for (var folder = start; folder.Length > 0 && seen.Add(folder);)
            {
                var (parent, name) = GitOrder.Split(folder);
                if (!children.TryGetValue(parent, out var names))
                    children.Add(parent, names = new(GitOrder.Comparer));
                names.Add(name);
                folder = parent;
            }
        }
        return children;
    }

    /// <summary>The merged entry of a path, or else a side of its conflict; null when there is neither.</summary>
    public IndexItem? Find(string folder, string name)
    {
        var items = Items(folder);
        var at = items.BinarySearch(new(name, 0, default, default, 0, default), Comparer<IndexItem>.Create(IndexItem.Compare));
        at = at < 0 ? ~at : at;
        return at < items.Count && items[at].Name == name ? items[at] : null;
    }

    /// <summary>All entries below a folder, by path.</summary>
    public IEnumerable<(string Path, IndexItem Item)> Below(string folder)
    {
        var prefix = folder.Length == 0 ? "" : folder + "/";
        return Items(folder).Select(item => (prefix + item.Name, item)).Concat(Subfolders(folder).SelectMany(name => Below(prefix + name)));
    }

    /// <summary>The items of a folder; none where it has none.</summary>
    public List<IndexItem> Items(string folder) => Folders.TryGetValue(folder, out var pages) ? pages.Items : [];
}

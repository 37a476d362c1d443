using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>Writes the trees of folders whose ids are not known, the deepest first.</summary>
internal sealed class TreeWriter(DbSession session, Dictionary<string, FolderTree> known, IObjectBatch batch)
{
    /// <summary>Ids that were found.</summary>
    public Dictionary<string, FolderTree> Written { get; } = new(StringComparer.Ordinal);

    /// <summary>Id of the root.</summary>
    /// <exception cref="TemperException">Code <c>index_unmerged</c>.</exception>
    public Digest Write()
    {
        var folders = IndexPages.Folders(session);
        var children = IndexSnapshot.Children(folders);
        var conflicts = new SortedSet<string>(GitOrder.Comparer);
        var order = children.Keys.Concat(folders).Append("").Distinct(StringComparer.Ordinal).Where(folder => !known.ContainsKey(folder))
            .OrderByDescending(folder => folder.Length == 0 ? -1 : folder.Count(c => c == '/')).ToList();
        foreach (var folder in order)
        {
            var entries = new List<TreeEntry>();
            foreach (var item in IndexPages.Load(session, folder))
            {
                if (item.Stage != 0)
                    conflicts.Add(folder.Length == 0 ? item.Name : $"{folder}/{item.Name}");
                entries.Add(new(item.Mode, item.Name, item.Id, item.Size));
            }
            if (conflicts.Count > 0)
                continue;
            foreach (var name in children.GetValueOrDefault(folder) ?? [])
            {
                var tree = known[folder.Length == 0 ? name : $"{folder}/{name}"];
                entries.Add(new(EntryMode.Folder, name, tree.Id, tree.Size));
            }
            var (id, size) = batch.AddFolder(entries);
            known[folder] = Written[folder] = new(id, size);
        }
        return conflicts.Count == 0
            ? known[""].Id
            : throw new TemperException([.. conflicts.Select(path => new Problem("index_unmerged", $"'{path}' is in conflict.") { File = path })]);
    }
}

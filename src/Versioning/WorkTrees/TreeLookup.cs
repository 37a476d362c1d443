using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>Entries of a tree by path; folders that were read are remembered.</summary>
internal sealed class TreeLookup(IObjectStore store, Digest? root)
{
    private readonly Dictionary<string, Dictionary<string, TreeEntry>> _folders = new(StringComparer.Ordinal);

    /// <summary>The file or folder at a path; null when there is none.</summary>
    public async ValueTask<TreeEntry?> FindAsync(string path, CancellationToken ct)
    {
        var (folder, name) = GitOrder.Split(path);
        return (await FolderAsync(folder, ct)).GetValueOrDefault(name);
    }

    private async ValueTask<Dictionary<string, TreeEntry>> FolderAsync(string folder, CancellationToken ct)
    {
        if (_folders.TryGetValue(folder, out var known))
            return known;
        var id = folder.Length == 0 ? root : await FindAsync(folder, ct) is { Mode: EntryMode.Folder } entry ? entry.Id : null;
        var entries = id is { } tree ? (await store.ReadTreeAsync(tree, ct)).ToDictionary(e => e.Name, StringComparer.Ordinal) : [];
        return _folders[folder] = entries;
    }
}

using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Trees;

/// <summary>One name of a folder that gets another entry, or none.</summary>
/// <param name="Name">One part of a safe path.</param>
/// <param name="Entry">What it is from now on; null: it goes.</param>
public sealed record FolderChange(string Name, TreeEntry? Entry);

/// <summary>Changes folders of any size; of a large one only the nodes on the way to a change are read and written.</summary>
public static class FolderEditing
{
    /// <summary>Writes the folder that <paramref name="tree"/> becomes by these changes; the same folder whatever way leads to it.</summary>
    /// <param name="store">Holds the folder.</param>
    /// <param name="batch">Takes the nodes that are new.</param>
    /// <param name="tree">Null: the folder without entries.</param>
    /// <param name="changes">One for a name at most, its file or folder in the store or the batch. Names that go and are not there change nothing.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>path_invalid</c>, <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    /// <exception cref="ArgumentException">Two changes of one name, or a change whose entry has another name.</exception>
    public static async ValueTask<(Digest Id, long Size)> EditAsync(
        IObjectStore store, IObjectBatch batch, Digest? tree, IReadOnlyCollection<FolderChange> changes, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(batch);
        if (changes.Any(c => c.Entry is { } entry && entry.Name != c.Name))
            throw new ArgumentException("A change's entry has the change's name.", nameof(changes));
        var byName = changes.ToDictionary(c => c.Name, StringComparer.Ordinal);
        var body = tree is { } id ? await FolderNodes.BodyAsync(store, id, ct) : [];
        if (!TreeNode.IsInner(body))
            return batch.AddFolder(Apply(TreeCodec.Decode(body), byName));
        var leaves = await FolderNodes.LeavesAsync(store, body, ct);
        var written = new Dictionary<Digest, byte[]>();
        var builder = new FolderBuilder((node, bytes) => written[node] = bytes);
        var after = await new Leaves(store, builder, leaves).EditAsync(changes, ct);
        if (after.Sum(leaf => leaf.Entries) <= TreeShape.PlainEntries)
            return batch.AddFolder(await CollectAsync(store, after, written, ct));
        var root = builder.Root(after);
        foreach (var (node, bytes) in written)
            batch.AddBody(ObjectKind.Tree, node, bytes);
        return root;
    }

    private static List<TreeEntry> Apply(IReadOnlyList<TreeEntry> entries, Dictionary<string, FolderChange> changes) =>
        [.. entries.Where(e => !changes.ContainsKey(e.Name)), .. changes.Values.Select(c => c.Entry).OfType<TreeEntry>()];

    private static async ValueTask<List<TreeEntry>> CollectAsync(IObjectStore store, List<NodeLink> leaves, Dictionary<Digest, byte[]> written, CancellationToken ct)
    {
        var entries = new List<TreeEntry>();
        foreach (var leaf in leaves)
            entries.AddRange(written.TryGetValue(leaf.Id, out var body) ? TreeCodec.Decode(body) : await FolderNodes.LeafAsync(store, leaf, ct));
        return entries;
    }

    /// <summary>The leaves of one folder while they are changed.</summary>
    private sealed class Leaves(IObjectStore store, FolderBuilder builder, List<NodeLink> before)
    {
        private readonly List<NodeLink> _after = [];
        private readonly List<TreeEntry> _open = [];

        public async ValueTask<List<NodeLink>> EditAsync(IReadOnlyCollection<FolderChange> changes, CancellationToken ct)
        {
            // A name is in one of two places: a file's, or a folder's. Whatever it becomes, it leaves both.
            var gone = new Dictionary<int, HashSet<string>>();
            var come = new Dictionary<int, List<TreeEntry>>();
            foreach (var change in changes)
            {
                foreach (var key in (string[])[change.Name, change.Name + "/"])
                    (gone.TryGetValue(LeafOf(key), out var names) ? names : gone[LeafOf(key)] = []).Add(key);
                if (change.Entry is { } entry)
                    (come.TryGetValue(LeafOf(TreeNode.KeyOf(entry)), out var some) ? some : come[LeafOf(TreeNode.KeyOf(entry))] = []).Add(entry);
            }
            for (var i = 0; i < before.Count; i++)
                await StepAsync(before[i], gone.GetValueOrDefault(i), come.GetValueOrDefault(i), ct);
            builder.Close(_after, _open);
            return _after;
        }

        private async ValueTask StepAsync(NodeLink leaf, HashSet<string>? gone, List<TreeEntry>? come, CancellationToken ct)
        {
            if (_open.Count == 0 && gone is null)
            {
                _after.Add(leaf);
                return;
            }
            var entries = (await FolderNodes.LeafAsync(store, leaf, ct)).Where(e => gone?.Contains(TreeNode.KeyOf(e)) != true).Concat(come ?? []);
            foreach (var entry in come is null ? entries : TreeCodec.Sorted(entries))
                builder.AddTo(_after, _open, entry);
        }

        private int LeafOf(string key)
        {
            var (low, high) = (0, before.Count - 1);
            while (low < high)
            {
                var middle = low + (high - low) / 2;
                if (GitOrder.Compare(before[middle].Key, key) < 0)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low;
        }
    }
}

using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Trees;

/// <summary>Folders by their nodes: what one tree object names, and what two folders do not share.</summary>
public static class FolderNodes
{
    private const int Deepest = 9;

    /// <summary>What the body of one tree object names: the entries of a plain tree, or the nodes of a large folder (trees without a name).</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    public static IEnumerable<(ObjectKind Kind, Digest Id, string Name)> Links(ReadOnlySpan<byte> body) => TreeNode.IsInner(body)
        ? TreeNode.Decode(body).Children.Select(child => (ObjectKind.Tree, child.Id, ""))
        : TreeCodec.Decode(body).Select(entry => (entry.Mode == EntryMode.Folder ? ObjectKind.Tree : ObjectKind.Chunk, entry.Id, entry.Name));

    /// <summary>Checks that the body of one tree object is a plain tree or a node of a large folder in the one spelling that there is.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    public static void Check(ReadOnlySpan<byte> body) => _ = Links(body);

    /// <summary>
    /// Entries of two folders in their order, without those in nodes that both have: the rest of the time goes into what differs. Null stands for the
    /// folder without entries.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async ValueTask<(IReadOnlyList<TreeEntry> A, IReadOnlyList<TreeEntry> B)> DifferingAsync(IObjectStore store, Digest? a, Digest? b, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var (left, right) = (new Level(store, a), new Level(store, b));
        while (true)
        {
            await left.LoadAsync(ct);
            await right.LoadAsync(ct);
            left.Forget(right);
            var level = Math.Max(left.Highest, right.Highest);
            if (level == 0)
                return (left.Entries(), right.Entries());
            left.Descend(level);
            right.Descend(level);
        }
    }

    /// <summary>What a folder has that none of the others has.</summary>
    /// <param name="Nodes">Tree objects, the root first.</param>
    /// <param name="Entries">Entries in them.</param>
    /// <param name="Before">Entries of the others that may be of the same names.</param>
    public sealed record NewPart(IReadOnlyList<(Digest Id, byte[] Body)> Nodes, IReadOnlyList<TreeEntry> Entries, IReadOnlyList<TreeEntry> Before);

    /// <summary>The nodes of a folder that are in none of the folders <paramref name="before"/>, and their entries.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async ValueTask<NewPart> NewAsync(IObjectStore store, Digest tree, IReadOnlyCollection<Digest> before, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var (known, leaves) = (new HashSet<Digest>(), new List<Digest>());
        foreach (var other in before)
            await CollectAsync(store, other, known, (id, _) => leaves.Add(id), ct);
        var (nodes, entries, shared) = (new List<(Digest, byte[])>(), new List<TreeEntry>(), new HashSet<Digest>());
        await CollectAsync(store, tree, [.. known], (id, body) =>
        {
            nodes.Add((id, body));
            if (!TreeNode.IsInner(body))
                entries.AddRange(TreeCodec.Decode(body));
            else
                shared.UnionWith(TreeNode.Decode(body).Children.Select(c => c.Id).Where(known.Contains));
        }, ct, everyNode: true);
        var old = new List<TreeEntry>();
        foreach (var leaf in leaves)
            if (!shared.Contains(leaf) && leaf != tree)
                old.AddRange(TreeCodec.Decode(await BodyAsync(store, leaf, ct)));
        return new(nodes, entries, old);
    }

    /// <summary>Hands out nodes that are not <paramref name="known"/>, parents first: every one with its body, or the leaves alone, read only where asked for.</summary>
    private static async ValueTask CollectAsync(IObjectStore store, Digest root, HashSet<Digest> known, Action<Digest, byte[]> take, CancellationToken ct, bool everyNode = false)
    {
        var waiting = new Stack<(Digest Id, bool IsLeaf)>([(root, false)]);
        while (waiting.TryPop(out var next))
        {
            if (!known.Add(next.Id))
                continue;
            var body = next.IsLeaf && !everyNode ? [] : await BodyAsync(store, next.Id, ct);
            var isInner = TreeNode.IsInner(body);
            if (everyNode || !isInner)
                take(next.Id, body);
            if (isInner && TreeNode.Decode(body) is var (level, children))
                foreach (var child in children.Reverse())
                    waiting.Push((child.Id, level == 1));
        }
    }

    /// <summary>All entries of a folder whose root is an inner node.</summary>
    internal static async ValueTask<IReadOnlyList<TreeEntry>> ReadAsync(IObjectStore store, ReadOnlyMemory<byte> root, CancellationToken ct)
    {
        var entries = new List<TreeEntry>();
        foreach (var leaf in await LeavesAsync(store, root, ct))
            entries.AddRange(await LeafAsync(store, leaf, ct));
        return entries;
    }

    /// <summary>The leaves of a folder whose root is an inner node.</summary>
    internal static async ValueTask<List<NodeLink>> LeavesAsync(IObjectStore store, ReadOnlyMemory<byte> root, CancellationToken ct)
    {
        var (level, nodes) = TreeNode.Decode(root.Span);
        for (; level > 1; level--)
        {
            var below = new List<NodeLink>();
            foreach (var node in nodes)
            {
                var (found, children) = TreeNode.Decode(await BodyAsync(store, node.Id, ct));
                if (found != level - 1 || children[^1].Key != node.Key || children.Sum(c => c.Entries) != node.Entries || children.Sum(c => c.Size) != node.Size
                    || below.Count > 0 && GitOrder.Compare(below[^1].Key, children[0].Key) >= 0)
                    throw TreeNode.Corrupt("it does not fit the node above it");
                below.AddRange(children);
            }
            nodes = below;
        }
        return [.. nodes];
    }

    /// <summary>The entries of one leaf.</summary>
    internal static async ValueTask<IReadOnlyList<TreeEntry>> LeafAsync(IObjectStore store, NodeLink leaf, CancellationToken ct)
    {
        var entries = TreeCodec.Decode(await BodyAsync(store, leaf.Id, ct));
        return entries.Count == leaf.Entries && TreeNode.KeyOf(entries[^1]) == leaf.Key && entries.Sum(e => e.Size) == leaf.Size ? entries
            : throw TreeNode.Corrupt("a leaf does not fit the node above it");
    }

    internal static async ValueTask<byte[]> BodyAsync(IObjectStore store, Digest tree, CancellationToken ct) =>
        await store.FindBodyAsync(tree, ObjectKind.Tree, ct) ?? throw PackFolder.Missing("tree", tree);

    /// <summary>The nodes of one folder that are left to compare, opened level by level.</summary>
    private sealed class Level(IObjectStore store, Digest? root)
    {
        private readonly Dictionary<Digest, byte[]> _bodies = [];
        private List<Digest> _nodes = root is { } id ? [id] : [];

        public int Highest => _nodes.Select(LevelOf).DefaultIfEmpty().Max();

        public async ValueTask LoadAsync(CancellationToken ct)
        {
            foreach (var node in _nodes)
                if (!_bodies.ContainsKey(node))
                    _bodies[node] = await BodyAsync(store, node, ct);
        }

        public void Forget(Level other)
        {
            var shared = _nodes.Intersect(other._nodes).ToHashSet();
            _nodes.RemoveAll(shared.Contains);
            other._nodes.RemoveAll(shared.Contains);
        }

        public void Descend(int level) =>
            _nodes = [.. _nodes.SelectMany(node => LevelOf(node) == level ? TreeNode.Decode(_bodies[node]).Children.Select(c => c.Id) : [node])];

        public IReadOnlyList<TreeEntry> Entries() => _nodes.Count == 1 ? TreeCodec.Decode(_bodies[_nodes[0]]) : [.. _nodes.SelectMany(node => TreeCodec.Decode(_bodies[node]))];

        private int LevelOf(Digest node) => TreeNode.IsInner(_bodies[node]) ? Math.Min(TreeNode.Decode(_bodies[node]).Level, Deepest) : 0;
    }
}

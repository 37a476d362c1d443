using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Trees;

/// <summary>Writes folders: one plain tree, or the nodes of a large one.</summary>
/// <param name="write">Takes the tree objects, the root last.</param>
internal sealed class FolderBuilder(Action<Digest, byte[]> write)
{
    /// <summary>Writes a folder of these entries, whatever their order.</summary>
    /// <exception cref="TemperException">Codes <c>path_invalid</c>, <c>path_collision</c>.</exception>
    public (Digest Id, long Size) Write(IReadOnlyCollection<TreeEntry> entries)
    {
        if (entries.Count <= TreeShape.PlainEntries)
            return (Put(TreeCodec.Encode(entries)), entries.Sum(e => e.Size));
        var (leaves, open) = (new List<NodeLink>(), new List<TreeEntry>());
        foreach (var entry in TreeCodec.Sorted(entries))
            AddTo(leaves, open, entry);
        Close(leaves, open);
        return Root(leaves);
    }

    /// <summary>Takes the next entry of level 0 in order; where it ends a leaf, the leaf is written.</summary>
    public void AddTo(List<NodeLink> leaves, List<TreeEntry> open, TreeEntry entry)
    {
        open.Add(entry);
        if (open.Count == TreeShape.NodeEntries || TreeShape.Ends(TreeNode.KeyOf(entry), 0))
            Close(leaves, open);
    }

    /// <summary>Writes the last leaf, if anything is left for it.</summary>
    public void Close(List<NodeLink> leaves, List<TreeEntry> open)
    {
        if (open.Count == 0)
            return;
        leaves.Add(new(TreeNode.KeyOf(open[^1]), Put(TreeCodec.EncodeSorted(open)), open.Count, open.Sum(e => e.Size)));
        open.Clear();
    }

    /// <summary>Writes the nodes above all leaves of a folder; its id and size.</summary>
    public (Digest Id, long Size) Root(IReadOnlyList<NodeLink> nodes)
    {
        for (var level = 1; nodes.Count > 1; level++)
        {
            var (above, from) = (new List<NodeLink>(), 0);
            for (var i = 0; i < nodes.Count; i++)
            {
                if (i + 1 < nodes.Count && i + 1 - from < TreeShape.NodeEntries && !TreeShape.Ends(nodes[i].Key, level))
                    continue;
                var children = nodes.Skip(from).Take(i + 1 - from).ToList();
                above.Add(new(nodes[i].Key, Put(TreeNode.Encode(level, children)), children.Sum(c => c.Entries), children.Sum(c => c.Size)));
                from = i + 1;
            }
            nodes = above;
        }
        return (nodes[0].Id, nodes[0].Size);
    }

    private Digest Put(byte[] body)
    {
        var id = ObjectIds.Of(ObjectKind.Tree, body);
        write(id, body);
        return id;
    }
}

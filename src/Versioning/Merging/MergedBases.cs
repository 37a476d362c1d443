using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Versioning.Merging;

/// <summary>
/// The one version that two commits are merged by: their best common ancestor, or a merge of all of these, which may need merges of its own.
/// </summary>
internal sealed class MergedBases(CommitGraph graph, MergeObjects objects)
{
    /// <summary>The latest real commit among the bases that were asked for first; null where there was none.</summary>
    public Digest? Real { get; private set; }

    /// <summary>The base; null where the histories never met.</summary>
    /// <param name="ours">One commit.</param>
    /// <param name="theirs">The other.</param>
    /// <param name="depth">How many merges this one serves; 1 for the base of a person's merge.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<CommitNode?> FindAsync(Digest ours, Digest theirs, int depth, CancellationToken ct)
    {
        var bases = await MergeBases.FindAsync(graph, ours, theirs, ct);
        if (bases.Count == 0)
            return null;
        Real ??= bases[0];
        // The oldest first, as git takes them.
        var merged = await graph.NodeAsync(bases[^1], ct);
        foreach (var next in bases.Reverse().Skip(1))
            merged = await MergeAsync(merged, await graph.NodeAsync(next, ct), depth, ct);
        return merged;
    }

    private async Task<CommitNode> MergeAsync(CommitNode one, CommitNode other, int depth, CancellationToken ct)
    {
        var from = await FindAsync(one.Id, other.Id, depth + 1, ct);
        var options = new MergeOptions { OursLabel = "Temporary merge branch 1", TheirsLabel = "Temporary merge branch 2" };
        var merged = await new TreeMerge(objects, null, options, depth).RunAsync(from?.Tree, one.Tree, other.Tree, ct);
        var node = new CommitNode(Digest.OfText($"merge of bases: {one.Id} {other.Id}"), merged.Tree, [one.Id, other.Id], Math.Max(one.AtMs, other.AtMs));
        await graph.AddVirtualAsync(node, ct);
        return node;
    }
}

using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.History;

/// <summary>
/// The part of a history that explains the files at some paths: where a merge has these files as one of its parents has them, only that parent is
/// followed. This is the default of git's <c>log -- PATH</c>.
/// </summary>
internal sealed class HistorySimplifier(IObjectStore store, PathFilter paths, IReadOnlySet<Digest> excluded, IReadOnlySet<Digest> bottoms)
{
    public async ValueTask<WalkStep> StepAsync(CommitGraph graph, CommitNode node, IReadOnlyList<Digest> parents, CancellationToken ct)
    {
        if (parents.Count == 0)
            return new(node, [], !await TreeDiff.AreSameAsync(store, null, node.Tree, paths, ct));
        var (relevantChange, otherChange, relevant) = (false, false, 0);
        foreach (var parent in parents)
        {
            var isRelevant = !excluded.Contains(parent) || bottoms.Contains(parent);
            relevant += isRelevant ? 1 : 0;
            if (!await TreeDiff.AreSameAsync(store, (await graph.NodeAsync(parent, ct)).Tree, node.Tree, paths, ct))
            {
                relevantChange |= isRelevant;
                otherChange |= !isRelevant;
            }
            else if (isRelevant)
                return new(node, [parent], false);
        }
        return new(node, parents, relevant > 0 ? relevantChange : otherChange);
    }
}

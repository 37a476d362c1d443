using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>Where histories meet. Commits are visited by falling generation, so what is known of one when its turn comes is final.</summary>
public static class MergeBases
{
    [Flags]
    private enum Paint
    {
        None = 0,
        One = 1,
        Others = 2,
        Both = One | Others,

        /// <summary>An ancestor of a common ancestor: common, but not among the best.</summary>
        Stale = 4,
    }

    /// <summary>
    /// Best common ancestors of <paramref name="one"/> and of a merge of all <paramref name="others"/>: common ancestors that no other common ancestor
    /// descends from. The latest first; empty where the histories never met.
    /// </summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>.</exception>
    public static async Task<IReadOnlyList<Digest>> FindAsync(CommitGraph graph, Digest one, IReadOnlyList<Digest> others, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(others);
        var paints = new Dictionary<Digest, Paint>();
        var queue = new CommitQueue();
        var fresh = 0;
        await MarkAsync(one, Paint.One);
        foreach (var other in others)
            await MarkAsync(other, Paint.Others);
        var found = new List<CommitNode>();
        while (fresh > 0)
        {
            var node = await graph.NodeAsync(queue.Take(), ct);
            var paint = paints[node.Id];
            if ((paint & Paint.Stale) == 0)
                fresh--;
            if (paint == Paint.Both)
            {
                found.Add(node);
                paint |= Paint.Stale;
            }
            foreach (var parent in node.Parents)
                await MarkAsync(parent, paint);
        }
        return [.. found.OrderByDescending(n => n.AtMs).Select(n => n.Id)];

        async Task MarkAsync(Digest commit, Paint paint)
        {
            var known = paints.TryGetValue(commit, out var before);
            var after = paints[commit] = before | paint;
            if (!known)
                queue.Add(commit, await graph.GenerationAsync(commit, ct));
            fresh += ((after & Paint.Stale) == 0 ? 1 : 0) - (known && (before & Paint.Stale) == 0 ? 1 : 0);
        }
    }

    /// <summary>Best common ancestors of two commits.</summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>.</exception>
    public static Task<IReadOnlyList<Digest>> FindAsync(CommitGraph graph, Digest one, Digest other, CancellationToken ct) => FindAsync(graph, one, [other], ct);

    /// <summary>Whether <paramref name="ancestor"/> can be reached from <paramref name="commit"/>; a commit is its own ancestor.</summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>.</exception>
    public static async Task<bool> IsAncestorAsync(CommitGraph graph, Digest ancestor, Digest commit, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var floor = await graph.GenerationAsync(ancestor, ct);
        var seen = new HashSet<Digest> { commit };
        var waiting = new Stack<Digest>([commit]);
        while (waiting.TryPop(out var next))
        {
            if (next == ancestor)
                return true;
            if (await graph.GenerationAsync(next, ct) <= floor)
                continue;
            foreach (var parent in (await graph.NodeAsync(next, ct)).Parents)
                if (seen.Add(parent))
                    waiting.Push(parent);
        }
        return false;
    }
}

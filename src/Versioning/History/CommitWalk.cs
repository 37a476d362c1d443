using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>The commits of a history, in the order in which git's <c>log</c> and <c>rev-list</c> show them.</summary>
public static class CommitWalk
{
    /// <summary>The chosen commits. By date, without a limit to respect, they come as they are found.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async IAsyncEnumerable<CommitNode> RunAsync(CommitGraph graph, WalkOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Reverse)
        {
            await foreach (var commit in ChosenAsync(graph, options, ct))
                yield return commit;
            yield break;
        }
        var chosen = new List<CommitNode>();
        await foreach (var commit in ChosenAsync(graph, options, ct))
            chosen.Add(commit);
        for (var i = chosen.Count - 1; i >= 0; i--)
            yield return chosen[i];
    }

    /// <summary>All that can be reached from <paramref name="tips"/>, themselves among it.</summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>.</exception>
    public static async Task<HashSet<Digest>> ReachableAsync(CommitGraph graph, IEnumerable<Digest> tips, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var seen = new HashSet<Digest>(tips);
        var waiting = new Stack<Digest>(seen);
        while (waiting.TryPop(out var next))
            foreach (var parent in (await graph.NodeAsync(next, ct)).Parents)
                if (seen.Add(parent))
                    waiting.Push(parent);
        return seen;
    }

    private static async IAsyncEnumerable<CommitNode> ChosenAsync(CommitGraph graph, WalkOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        var skip = options.Skip;
        var left = options.Most ?? int.MaxValue;
        var steps = StepsAsync(graph, options, ct);
        await foreach (var step in options.Order == WalkOrder.Date ? steps : TopologicalOrder.SortAsync(steps, options.Order, ct))
        {
            if (left == 0)
                yield break;
            if (!step.Changes || !await IsWantedAsync(graph, step.Commit, options, ct) || skip-- > 0)
                continue;
            left--;
            yield return step.Commit;
        }
    }

    private static async ValueTask<bool> IsWantedAsync(CommitGraph graph, CommitNode node, WalkOptions options, CancellationToken ct) =>
        node.Parents.Count >= options.MinParents && node.Parents.Count <= options.MaxParents
        && (options.Keep is null || options.Keep(await graph.Store.ReadCommitAsync(node.Id, ct)));

    /// <summary>All commits of the walk, the latest known one first.</summary>
    private static async IAsyncEnumerable<WalkStep> StepsAsync(CommitGraph graph, WalkOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        var excluded = options.Exclude.Count == 0 ? [] : await ExcludedAsync(graph, options, ct);
        var simplifier = options.Paths is { } paths ? new HistorySimplifier(graph.Store, paths, excluded, options.Exclude.ToHashSet()) : null;
        var seen = new HashSet<Digest>();
        var tips = new List<CommitNode>();
        foreach (var tip in options.Include)
            if (!excluded.Contains(tip) && seen.Add(tip))
                tips.Add(await graph.NodeAsync(tip, ct));
        var queue = new CommitQueue();
        foreach (var tip in tips.OrderByDescending(t => t.AtMs))
            queue.Add(tip.Id, tip.AtMs);
        while (queue.Count > 0)
        {
            var node = await graph.NodeAsync(queue.Take(), ct);
            var parents = options.FirstParent ? node.Parents.Take(1) : node.Parents;
            var step = simplifier is null ? new(node, [.. parents], true) : await simplifier.StepAsync(graph, node, [.. parents], ct);
            foreach (var parent in step.Parents)
                if (!excluded.Contains(parent) && seen.Add(parent))
                    queue.Add(parent, (await graph.NodeAsync(parent, ct)).AtMs);
            yield return step;
        }
    }

    /// <summary>Excluded commits as far down as the wanted ones reach: by falling generation, until only excluded ones are left to look at.</summary>
    private static async Task<HashSet<Digest>> ExcludedAsync(CommitGraph graph, WalkOptions options, CancellationToken ct)
    {
        var excluded = new HashSet<Digest>();
        var seen = new HashSet<Digest>();
        var queue = new CommitQueue();
        var wanted = 0;
        foreach (var commit in options.Exclude)
            await MarkAsync(commit, isExcluded: true);
        foreach (var commit in options.Include)
            await MarkAsync(commit, isExcluded: false);
        while (wanted > 0)
        {
            var node = await graph.NodeAsync(queue.Take(), ct);
            var isExcluded = excluded.Contains(node.Id);
            if (!isExcluded)
                wanted--;
            foreach (var parent in !isExcluded && options.FirstParent ? node.Parents.Take(1) : node.Parents)
                await MarkAsync(parent, isExcluded);
        }
        return excluded;

        async Task MarkAsync(Digest commit, bool isExcluded)
        {
            var known = !seen.Add(commit);
            var changed = isExcluded && excluded.Add(commit);
            if (!known)
                queue.Add(commit, await graph.GenerationAsync(commit, ct));
            wanted += known ? (changed ? -1 : 0) : (excluded.Contains(commit) ? 0 : 1);
        }
    }
}

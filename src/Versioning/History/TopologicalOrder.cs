using System.Runtime.CompilerServices;
using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>Puts every commit behind all that follow it.</summary>
internal static class TopologicalOrder
{
    public static async IAsyncEnumerable<WalkStep> SortAsync(IAsyncEnumerable<WalkStep> steps, WalkOrder order, [EnumeratorCancellation] CancellationToken ct)
    {
        var all = new Dictionary<Digest, WalkStep>();
        var children = new Dictionary<Digest, int>();
        var found = new List<WalkStep>();
        await foreach (var step in steps.WithCancellation(ct))
        {
            all.Add(step.Commit.Id, step);
            found.Add(step);
            foreach (var parent in step.Parents)
                children[parent] = children.GetValueOrDefault(parent) + 1;
        }
        var tips = found.Where(s => !children.ContainsKey(s.Commit.Id)).ToList();
        // The last one pushed is shown next: a line of history is finished before another begins.
        var stack = new Stack<WalkStep>(Enumerable.Reverse(tips));
        var queue = new CommitQueue();
        foreach (var tip in tips)
            queue.Add(tip.Commit.Id, tip.Commit.AtMs);
        var byDate = order == WalkOrder.TopologicalDate;
        while (byDate ? queue.Count > 0 : stack.Count > 0)
        {
            var step = byDate ? all[queue.Take()] : stack.Pop();
            foreach (var parent in step.Parents)
            {
                if (!all.TryGetValue(parent, out var next) || --children[parent] > 0)
                    continue;
                stack.Push(next);
                queue.Add(parent, next.Commit.AtMs);
            }
            yield return step;
        }
    }
}

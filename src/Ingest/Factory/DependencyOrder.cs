namespace Temper.Ingest;

/// <summary>The order in which datasets are built: what others need comes before them; among those that may come next, the first in the file does (Kahn 1962).</summary>
internal static class DependencyOrder
{
    /// <summary>The order, as indices; where there is a circle, <paramref name="cycle"/> holds it, its first member again at the end, and the order ends before it.</summary>
    /// <param name="needs">For each dataset, in the file's order, the indices of what must come before.</param>
    /// <param name="cycle">Empty when there is none.</param>
    public static IReadOnlyList<int> Of(IReadOnlyList<IReadOnlyList<int>> needs, out IReadOnlyList<int> cycle)
    {
        var waiting = needs.Select(n => n.Distinct().Count()).ToArray();
        var users = Enumerable.Range(0, needs.Count).Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < needs.Count; i++)
        {
            foreach (var need in needs[i].Distinct())
                users[need].Add(i);
        }
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < needs.Count; i++)
        {
            if (waiting[i] == 0)
                ready.Enqueue(i, i);
        }
        var order = new List<int>(needs.Count);
        while (ready.TryDequeue(out var next, out _))
        {
            order.Add(next);
            foreach (var user in users[next])
            {
                if (--waiting[user] == 0)
                    ready.Enqueue(user, user);
            }
        }
        cycle = order.Count == needs.Count ? [] : Circle(needs, waiting);
        return order;
    }

    /// <summary>Every dataset that still waits needs another that waits, so following them must come round.</summary>
    private static List<int> Circle(IReadOnlyList<IReadOnlyList<int>> needs, int[] waiting)
    {
        var path = new List<int>();
        var at = Array.FindIndex(waiting, w => w > 0);
        while (!path.Contains(at))
        {
            path.Add(at);
            at = needs[at].First(n => waiting[n] > 0);
        }
        return [.. path.Skip(path.IndexOf(at)), at];
    }
}

namespace Temper.Models;

/// <summary>Counts of neighbouring pairs over weighted words, kept up to date while pairs are merged. A pair's count never grows after
/// the merge that made it, so a heap entry that is out of date is simply put back with the present count.</summary>
internal sealed class PairLearner
{
    private readonly (List<int> Ids, long Count)[] words;
    private readonly Dictionary<(int Left, int Right), long> counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> places = [];
    private readonly PriorityQueue<(int Left, int Right), (long Negated, int Left, int Right)> heap = new();

    public PairLearner((List<int> Ids, long Count)[] words)
    {
        this.words = words;
        for (var w = 0; w < words.Length; w++)
            for (var i = 0; i + 1 < words[w].Ids.Count; i++) Count(w, (words[w].Ids[i], words[w].Ids[i + 1]), words[w].Count);
        foreach (var (pair, count) in counts) heap.Enqueue(pair, (-count, pair.Left, pair.Right));
    }

    /// <summary>The most frequent pair, or null when none occurs twice.</summary>
    public (int Left, int Right)? TakeBest()
    {
        while (heap.TryDequeue(out var pair, out var priority))
        {
            var count = counts.GetValueOrDefault(pair);
            if (count < 2) continue;
            if (count == -priority.Negated) return pair;
            heap.Enqueue(pair, (-count, pair.Left, pair.Right));
        }

        return null;
    }

    /// <summary>Replaces the pair by <paramref name="merged"/> everywhere, from left to right.</summary>
    public void Merge((int Left, int Right) pair, int merged)
    {
        var made = new HashSet<(int Left, int Right)>();
        foreach (var w in places[pair])
        {
            var (ids, count) = words[w];
            for (var i = 0; i + 1 < ids.Count; i++)
            {
                if (ids[i] != pair.Left || ids[i + 1] != pair.Right) continue;
                if (i > 0) Replace(w, count, (ids[i - 1], pair.Left), (ids[i - 1], merged), made);
                if (i + 2 < ids.Count) Replace(w, count, (pair.Right, ids[i + 2]), (merged, ids[i + 2]), made);
                ids[i] = merged;
                ids.RemoveAt(i + 1);
            }
        }

        counts.Remove(pair);
        places.Remove(pair);
        foreach (var fresh in made)
            if (counts.GetValueOrDefault(fresh) is > 0 and var count) heap.Enqueue(fresh, (-count, fresh.Left, fresh.Right));
    }

    private void Replace(int word, long count, (int, int) old, (int, int) fresh, HashSet<(int, int)> made)
    {
        counts[old] = counts.GetValueOrDefault(old) - count;
        Count(word, fresh, count);
        made.Add(fresh);
    }

    private void Count(int word, (int, int) pair, long count)
    {
        counts[pair] = counts.GetValueOrDefault(pair) + count;
        if (!places.TryGetValue(pair, out var where)) places[pair] = where = [];
        where.Add(word);
    }
}

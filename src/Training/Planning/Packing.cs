namespace Temper.Training.Planning;

/// <summary>Best-fit-decreasing: the longest example first, each into the fullest block that still has room (Johnson 1973).</summary>
public static class Packing
{
    /// <summary>Groups of indexes, each of at most <paramref name="capacity"/> tokens. The same lengths always give the same groups.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is above the capacity.</exception>
    public static IReadOnlyList<int[]> Pack(IReadOnlyList<int> lengths, int capacity)
    {
        var blocks = new List<List<int>>();
        var room = new SortedSet<(int Left, int Block)>();
        foreach (var index in Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]).ThenBy(i => i))
        {
            var length = lengths[index];
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, capacity);
            var best = room.GetViewBetween((length, 0), (capacity, int.MaxValue)).Min;
            if (best == default)
            {
                best = (capacity, blocks.Count);
                blocks.Add([]);
            }
            room.Remove(best);
            blocks[best.Block].Add(index);
            if (best.Left > length)
                room.Add((best.Left - length, best.Block));
        }
        return [.. blocks.Select(b => b.Order().ToArray())];
    }
}

using System.Numerics;

namespace Temper.Models;

/// <summary>Which pairs of tokens merge, in which order, to which token: a flat table with open addressing. Ranks are 0, 1, 2 … without gaps.</summary>
internal sealed class PairRanks
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int None = int.MaxValue;

    private readonly Entry[] entries;
    private readonly int[] merged;
    private readonly int shift;

    /// <summary>From (left, right) → (rank, merged token), of which the order of ranks counts.</summary>
    public PairRanks(Dictionary<(int Left, int Right), (int Rank, int Id)> merges)
    {
        entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)merges.Count * 2 + 2)];
        Array.Fill(entries, new Entry { Left = -1, Right = -1, Rank = None });
        shift = 64 - BitOperations.Log2((uint)entries.Length);
        merged = new int[merges.Count];
        var rank = 0;
        foreach (var ((left, right), (_, id)) in merges.OrderBy(merge => merge.Value.Rank))
        {
            var at = Place(left, right);
            while (entries[at].Left >= 0) at = (at + 1) & (entries.Length - 1);
            (entries[at], merged[rank]) = (new Entry { Left = left, Right = right, Rank = rank }, id);
            rank++;
        }
    }

    /// <summary>Number of pairs.</summary>
    public int Count => merged.Length;

    /// <summary>The rank of a pair, or <see cref="None"/>.</summary>
    public int Of(int left, int right)
    {
        for (var at = Place(left, right); ; at = (at + 1) & (entries.Length - 1))
        {
            ref var entry = ref entries[at];
            if (entry.Left == left && entry.Right == right) return entry.Rank;
            if (entry.Left < 0) return None;
        }
    }

    /// <summary>What the pair of a rank becomes.</summary>
    public int Merged(int rank) => merged[rank];

    private int Place(int left, int right) => Scatter.Place(((ulong)(uint)left << 32) | (uint)right, shift);

    private struct Entry
    {
        public int Left, Right, Rank;
    }
}

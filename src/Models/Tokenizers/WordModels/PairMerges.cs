using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Temper.Models;

/// <summary>Byte-pair merging of one word (Sennrich et al. 2016, arXiv:1508.07909): the pair with the lowest rank is merged first, of
/// equals the leftmost. Short words are searched for it, which is quick and quadratic; in long ones, of up to megabytes, a heap keeps it O(n log n).</summary>
internal sealed class PairMerges(PairRanks ranks)
{
    private const int LongestSearched = 256, PlaceBits = 8, MostRanks = (1 << (32 - PlaceBits)) - 1;

    /// <summary>Merges symbols in place as long as there is a rank, and tells how many are left.</summary>
    /// <param name="ids">The symbols.</param>
    /// <param name="ends">By symbol, what it covers ends here, as it is to be kept for the last symbol of a token; may be empty.</param>
    public int Merge(Span<int> ids, Span<int> ends)
    {
        if (ids.Length < 2) return ids.Length;
        if (ids.Length <= LongestSearched && ranks.Count <= MostRanks) return Search(ids, ends);
        var links = ArrayPool<int>.Shared.Rent(ids.Length * 3);
        var next = links.AsSpan(0, ids.Length);
        Heap(ids, next, links.AsSpan(ids.Length, ids.Length), links.AsSpan(ids.Length * 2, ids.Length));
        var left = Gather(ids, ends, next);
        ArrayPool<int>.Shared.Return(links);
        return left;
    }

    /// <summary>A pair stands at its left symbol's place as rank and place in one number, so that the least of them is the pair to merge.</summary>
    private int Search(Span<int> ids, Span<int> ends)
    {
        var padded = (ids.Length + Vector256<uint>.Count - 1) & -Vector256<uint>.Count;
        Span<uint> pairs = stackalloc uint[padded];
        pairs[(ids.Length - 1)..].Fill(uint.MaxValue);
        Span<int> next = stackalloc int[ids.Length], previous = stackalloc int[ids.Length];
        for (var i = 0; i < ids.Length; i++) (next[i], previous[i]) = (i + 1, i - 1);
        for (var i = 0; i + 1 < ids.Length; i++) pairs[i] = Pair(ids[i], ids[i + 1], i);
        while (Least(pairs) is var best && best != uint.MaxValue)
        {
            var at = (int)(best & ((1 << PlaceBits) - 1));
            var right = next[at];
            var after = next[right];
            ids[at] = ranks.Merged((int)(best >> PlaceBits));
            next[at] = after;
            pairs[right] = uint.MaxValue;
            if (after < ids.Length) previous[after] = at;
            pairs[at] = after < ids.Length ? Pair(ids[at], ids[after], at) : uint.MaxValue;
            if (previous[at] is >= 0 and var before) pairs[before] = Pair(ids[before], ids[at], before);
        }

        return Gather(ids, ends, next);
    }

    private static uint Least(ReadOnlySpan<uint> pairs)
    {
        var least = Vector256<uint>.AllBitsSet;
        foreach (var eight in MemoryMarshal.Cast<uint, Vector256<uint>>(pairs)) least = Vector256.Min(least, eight);
        var four = Vector128.Min(least.GetLower(), least.GetUpper());
        return Math.Min(Math.Min(four[0], four[1]), Math.Min(four[2], four[3]));
    }

    private uint Pair(int left, int right, int at) => ranks.Of(left, right) is not PairRanks.None and var rank ? ((uint)rank << PlaceBits) | (uint)at : uint.MaxValue;

    private void Heap(Span<int> ids, Span<int> next, Span<int> previous, Span<int> offered)
    {
        // What is offered for a place is out of date when the place has another rank by now, or none.
        var heap = new PriorityQueue<int, ulong>(ids.Length);
        for (var i = 0; i < ids.Length; i++) (next[i], previous[i], offered[i]) = (i + 1, i - 1, PairRanks.None);
        for (var i = 0; i + 1 < ids.Length; i++) Offer(ids, offered, heap, i, i + 1);
        while (heap.TryDequeue(out var at, out var priority))
        {
            if (offered[at] != (int)(priority >> 32)) continue;
            var right = next[at];
            ids[at] = ranks.Merged(offered[at]);
            next[at] = next[right];
            offered[right] = offered[at] = PairRanks.None;
            if (next[at] < ids.Length)
            {
                previous[next[at]] = at;
                Offer(ids, offered, heap, at, next[at]);
            }

            if (previous[at] >= 0) Offer(ids, offered, heap, previous[at], at);
        }
    }

    private void Offer(Span<int> ids, Span<int> offered, PriorityQueue<int, ulong> heap, int at, int right)
    {
        offered[at] = ranks.Of(ids[at], ids[right]);
        if (offered[at] != PairRanks.None) heap.Enqueue(at, ((ulong)offered[at] << 32) | (uint)at);
    }

    private static int Gather(Span<int> ids, Span<int> ends, ReadOnlySpan<int> next)
    {
        var count = 0;
        for (var i = 0; i < ids.Length; i = next[i])
        {
            ids[count] = ids[i];
            if (!ends.IsEmpty) ends[count] = ends[next[i] - 1];
            count++;
        }

        return count;
    }
}

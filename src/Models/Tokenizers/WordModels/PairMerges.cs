namespace Temper.Models;

/// <summary>Byte-pair merging of one word (Sennrich et al. 2016, arXiv:1508.07909): the pair with the lowest rank is merged first, of
/// equals the leftmost. A heap keeps it O(n log n): a word may be a megabyte long.</summary>
/// <param name="ranks">(left, right) → (rank, merged token).</param>
internal sealed class PairMerges(Dictionary<(int Left, int Right), (int Rank, int Id)> ranks)
{
    /// <summary>Merges neighbours as long as there is a rank; every part keeps the start of its first and the end of its last.</summary>
    public WordToken[] Merge(List<WordToken> parts)
    {
        if (parts.Count < 2) return [.. parts];
        var ids = new int[parts.Count];
        var (previous, next) = (new int[ids.Length], new int[ids.Length]);
        var heap = new PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)>();
        for (var i = 0; i < ids.Length; i++) (ids[i], previous[i], next[i]) = (parts[i].Id, i - 1, i + 1);
        for (var i = 0; i + 1 < ids.Length; i++) Offer(i, i + 1);
        var left = ids.Length;
        while (heap.TryDequeue(out var pair, out _))
        {
            // A symbol that its left neighbour swallowed has id -1, so that what was offered for it is out of date.
            var right = next[pair.At];
            if (right >= ids.Length || ids[pair.At] != pair.Left || ids[right] != pair.Right) continue;
            (ids[pair.At], ids[right]) = (pair.Merged, -1);
            next[pair.At] = next[right];
            if (next[right] < ids.Length) previous[next[right]] = pair.At;
            left--;
            if (previous[pair.At] >= 0) Offer(previous[pair.At], pair.At);
            if (next[pair.At] < ids.Length) Offer(pair.At, next[pair.At]);
        }

        var merged = new WordToken[left];
        for (int i = 0, to = 0; i < ids.Length; i = next[i]) merged[to++] = new WordToken(ids[i], parts[i].Start, parts[next[i] - 1].End);
        return merged;

        void Offer(int at, int right)
        {
            if (ranks.TryGetValue((ids[at], ids[right]), out var merge)) heap.Enqueue((at, ids[at], ids[right], merge.Id), (merge.Rank, at));
        }
    }
}

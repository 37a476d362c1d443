using System.Collections.Concurrent;
using System.Text;

namespace Temper.Models;

/// <summary>Byte-pair merging of one word: the pair with the lowest rank is merged first, of equals the leftmost. A heap keeps it
/// O(n log n): a word may be a megabyte long.</summary>
/// <param name="byteIds">Token of each byte.</param>
/// <param name="merges">(left, right) → (rank, merged token).</param>
/// <param name="wholeWords">With <c>ignore_merges</c>: words that are taken whole, by their byte spelling; otherwise null.</param>
internal sealed class BytePairs(int[] byteIds, Dictionary<(int Left, int Right), (int Rank, int Id)> merges, IReadOnlyDictionary<string, int>? wholeWords)
{
    private const int CacheEntries = 1 << 16, LongestCached = 64;
    private readonly ConcurrentDictionary<string, int[]> cache = new(StringComparer.Ordinal);

    /// <summary>Tokens of a word; with a space in front when <paramref name="prefixSpace"/>.</summary>
    public int[] Encode(ReadOnlySpan<char> word, bool prefixSpace)
    {
        if (prefixSpace) return Merge(string.Concat(" ", word));
        if (word.Length > LongestCached) return Merge(word);
        if (cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var known)) return known;
        var ids = Merge(word);
        if (cache.Count < CacheEntries) cache.TryAdd(word.ToString(), ids);
        return ids;
    }

    private int[] Merge(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        if (wholeWords is not null && wholeWords.TryGetValue(ByteAlphabet.Spell(bytes), out var whole)) return [whole];
        var ids = new int[bytes.Length];
        for (var i = 0; i < ids.Length; i++) ids[i] = byteIds[bytes[i]];
        return ids.Length < 2 ? ids : MergeIds(ids);
    }

    /// <summary>Symbols form a linked list; a symbol swallowed by its left neighbour has id -1.</summary>
    private int[] MergeIds(int[] ids)
    {
        var count = ids.Length;
        var (previous, next) = (new int[count], new int[count]);
        var heap = new PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)>();
        for (var i = 0; i < count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
            Offer(i, i + 1);
        }

        var left = count;
        while (heap.TryDequeue(out var pair, out _))
        {
            var right = next[pair.At];
            if (right >= count || ids[pair.At] != pair.Left || ids[right] != pair.Right) continue;
            ids[pair.At] = pair.Merged;
            ids[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < count) previous[next[right]] = pair.At;
            left--;
            if (previous[pair.At] >= 0) Offer(previous[pair.At], pair.At);
            Offer(pair.At, next[pair.At]);
        }

        var merged = new int[left];
        for (int i = 0, to = 0; i < count; i = next[i]) merged[to++] = ids[i];
        return merged;

        void Offer(int at, int right)
        {
            if (right < count && merges.TryGetValue((ids[at], ids[right]), out var merge)) heap.Enqueue((at, ids[at], ids[right], merge.Id), (merge.Rank, at));
        }
    }
}

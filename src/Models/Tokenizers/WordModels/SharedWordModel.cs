using System.Collections.Concurrent;

namespace Temper.Models;

/// <summary>A token of a word and the part of the word that it stands for, in UTF-16 units.</summary>
internal readonly record struct WordToken(int Id, int Start, int End);

/// <summary>Word models whose tokens do not tell their places: they keep both, for all threads, of the first words that they see.</summary>
internal abstract class SharedWordModel : WordModel
{
    private const int CacheEntries = 1 << 16, LongestCached = 64;
    private readonly ConcurrentDictionary<string, WordToken[]> cache = new(StringComparer.Ordinal);
    private int cached;

    /// <inheritdoc/>
    public override void Encode(Segment piece, WordPattern words, EncodeScratch scratch)
    {
        for (var at = 0; at < piece.Length;)
        {
            var end = PartEnd(piece.Span, at, WordScanner.NextEnd(words, piece.Span, at));
            var word = piece.Slice(at, end);
            scratch.Output.Add(word, TokensOf(word.Span));
            at = end;
        }
    }

    /// <summary>End of the part of a word, which begins at a place and ends at <paramref name="end"/>, that can be encoded without looking at the rest.</summary>
    protected virtual int PartEnd(ReadOnlySpan<char> text, int at, int end) => end;

    /// <summary>Tokens of a word that is not empty.</summary>
    protected abstract WordToken[] Cut(ReadOnlySpan<char> word);

    private WordToken[] TokensOf(ReadOnlySpan<char> word)
    {
        if (word.Length > LongestCached) return Cut(word);
        if (cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var known)) return known;
        var tokens = Cut(word);
        // Counting the dictionary itself would stop all threads.
        if (Volatile.Read(ref cached) < CacheEntries && cache.TryAdd(word.ToString(), tokens)) Interlocked.Increment(ref cached);
        return tokens;
    }
}

namespace Temper.Models;

/// <summary>A token of a word and the part of the word that it stands for, in UTF-16 units.</summary>
internal readonly record struct WordToken(int Id, int Start, int End);

/// <summary>Turns words into tokens; one class per type of tokenizer.json's models. Safe for concurrent use.</summary>
internal abstract class WordModel
{
    private const int CacheEntries = 1 << 16, LongestCached = 64;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, WordToken[]> cache = new(StringComparer.Ordinal);

    /// <summary>What people call it.</summary>
    public abstract string Kind { get; }

    /// <summary>Tokens of a word that is not empty.</summary>
    public WordToken[] Encode(ReadOnlySpan<char> word)
    {
        if (word.Length > LongestCached) return Cut(word);
        if (cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var known)) return known;
        var tokens = Cut(word);
        if (cache.Count < CacheEntries) cache.TryAdd(word.ToString(), tokens);
        return tokens;
    }

    /// <summary>Tokens of a word, without the cache.</summary>
    protected abstract WordToken[] Cut(ReadOnlySpan<char> word);
}

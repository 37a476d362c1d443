using System.Runtime.InteropServices;

namespace Temper.Models;

/// <summary>Tokens of words of at most 48 UTF-16 units and 16 tokens, whatever their characters. As <see cref="ShortWordCache"/>: sets of two
/// places, of which the newer stays.</summary>
internal sealed class LongWordCache
{
    private const int LongestWord = 48, MostTokens = 16, Ways = 2, FewestPlaces = 1 << 6, MostPlaces = 1 << 13;
    private ulong[] hashes = new ulong[FewestPlaces];
    private byte[] lengths = new byte[FewestPlaces], counts = new byte[FewestPlaces];
    private char[] words = new char[FewestPlaces * LongestWord];
    private int[] tokens = new int[FewestPlaces * MostTokens];
    private int inserted;

    /// <summary>Whether a word may be kept.</summary>
    public static bool Takes(ReadOnlySpan<char> word) => word.Length <= LongestWord;

    /// <summary>The tokens of a word; none when they are not known.</summary>
    public ReadOnlySpan<int> Find(ReadOnlySpan<char> word, ulong hash)
    {
        var set = SetOf(hash, hashes.Length);
        for (var at = set; at < set + Ways; at++)
            if (hashes[at] == hash && lengths[at] == word.Length && word.SequenceEqual(words.AsSpan(at * LongestWord, word.Length)))
                return tokens.AsSpan(at * MostTokens, counts[at]);
        return [];
    }

    /// <summary>Remembers a word, unless it has too many tokens.</summary>
    public void Add(ReadOnlySpan<char> word, ulong hash, ReadOnlySpan<int> found)
    {
        if (found.Length > MostTokens) return;
        if (++inserted > hashes.Length / 2 && hashes.Length < MostPlaces) Grow();
        var at = SetOf(hash, hashes.Length);
        Move(at, at + 1);
        (hashes[at], lengths[at], counts[at]) = (hash, (byte)word.Length, (byte)found.Length);
        word.CopyTo(words.AsSpan(at * LongestWord));
        found.CopyTo(tokens.AsSpan(at * MostTokens));
    }

    /// <summary>The hash of a word.</summary>
    public static ulong HashOf(ReadOnlySpan<char> word)
    {
        var bytes = MemoryMarshal.AsBytes(word);
        var hash = 0x9E3779B97F4A7C15 ^ (ulong)bytes.Length;
        for (; bytes.Length > 16; bytes = bytes[16..]) hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[8..]));
        if (bytes.Length >= 8) return Mix(hash ^ MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[^8..]));
        if (bytes.Length >= 4) return Mix(hash ^ MemoryMarshal.Read<uint>(bytes), MemoryMarshal.Read<uint>(bytes[^4..]));
        return Mix(hash ^ MemoryMarshal.Read<ushort>(bytes), 0);
    }

    private static ulong Mix(ulong left, ulong right) => Math.BigMul(left ^ 0xA0761D6478BD642F, right ^ 0xE7037ED1A0B428DB, out var low) ^ low;

    private static int SetOf(ulong hash, int places) => (int)hash & (places - Ways);

    private void Move(int from, int to)
    {
        (hashes[to], lengths[to], counts[to]) = (hashes[from], lengths[from], counts[from]);
        words.AsSpan(from * LongestWord, lengths[from]).CopyTo(words.AsSpan(to * LongestWord));
        tokens.AsSpan(from * MostTokens, counts[from]).CopyTo(tokens.AsSpan(to * MostTokens));
    }

    private void Grow()
    {
        var (oldHashes, oldLengths, oldCounts, oldWords, oldTokens) = (hashes, lengths, counts, words, tokens);
        var places = hashes.Length * 8 > MostPlaces ? MostPlaces : hashes.Length * 8;
        (hashes, lengths, counts) = (new ulong[places], new byte[places], new byte[places]);
        (words, tokens, inserted) = (new char[places * LongestWord], new int[places * MostTokens], 0);
        for (var i = oldHashes.Length - 1; i >= 0; i--)
            if (oldLengths[i] > 0) Add(oldWords.AsSpan(i * LongestWord, oldLengths[i]), oldHashes[i], oldTokens.AsSpan(i * MostTokens, oldCounts[i]));
    }
}

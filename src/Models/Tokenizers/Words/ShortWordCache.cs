using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Temper.Models;

/// <summary>Tokens of ASCII words of at most 15 characters that have at most four tokens. Sets of two entries, of which the one that came
/// last stays: the memory is bounded, a search never takes more than two looks, whatever the words are.</summary>
internal sealed class ShortWordCache
{
    /// <summary>Most tokens of a word.</summary>
    public const int MostTokens = 4;

    private const int Ways = 2, FewestEntries = 1 << 9, MostEntries = 1 << 16;
    private Entry[] entries = new Entry[FewestEntries];
    private int inserted;

    /// <summary>The tokens of a word, by its key (see <see cref="AsciiWords.TryKey"/>), behind them -1; false when they are not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(Vector128<byte> key, out Vector128<int> tokens)
    {
        var at = SetOf(key, entries.Length);
        ref var first = ref entries[at];
        ref var second = ref entries[at + 1];
        var isFirst = first.Key == key;
        tokens = isFirst ? first.Tokens : second.Tokens;
        return isFirst || second.Key == key;
    }

    /// <summary>Remembers a word.</summary>
    public void Add(Vector128<byte> key, ReadOnlySpan<int> tokens)
    {
        if (++inserted > entries.Length / 2 && entries.Length < MostEntries) Grow();
        Span<int> padded = [-1, -1, -1, -1];
        tokens.CopyTo(padded);
        Put(entries, new Entry { Key = key, Tokens = Vector128.Create(padded) });
    }

    /// <summary>Number of tokens in an answer of <see cref="TryGet"/>.</summary>
    public static int Count(Vector128<int> tokens) => BitOperations.TrailingZeroCount(tokens.ExtractMostSignificantBits() | (1u << MostTokens));

    private void Grow()
    {
        var larger = new Entry[Math.Min(entries.Length * 8, MostEntries)];
        for (var i = entries.Length - 1; i >= 0; i--)
            if (entries[i].Key != default) Put(larger, entries[i]);
        (entries, inserted) = (larger, inserted / 2);
    }

    private static void Put(Entry[] entries, Entry entry)
    {
        var at = SetOf(entry.Key, entries.Length);
        entries[at + 1] = entries[at];
        entries[at] = entry;
    }

    private static int SetOf(Vector128<byte> key, int length)
    {
        var halves = key.AsUInt64();
        var high = Math.BigMul(halves.GetElement(0) ^ 0xA0761D6478BD642F, halves.GetElement(1) ^ 0xE7037ED1A0B428DB, out var low);
        return (int)(high ^ low) & (length - Ways);
    }

    /// <summary>A word and its tokens. The key of an empty entry is zero, which is no word's.</summary>
    private struct Entry
    {
        public Vector128<byte> Key;
        public Vector128<int> Tokens;
    }
}

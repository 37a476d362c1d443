using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Temper.Models;

/// <summary>The beginning of a text, 16 UTF-16 units at once: finds the end of short words of ASCII letters, and makes their keys.
/// Everything else is left to <see cref="WordScanner"/>.</summary>
internal static class AsciiWords
{
    /// <summary>Units that <see cref="Load"/> reads.</summary>
    public const int Width = 16;

    /// <summary>Longest word that has a key.</summary>
    public const int LongestKey = Width - 1;

    private const byte NotHere = 2;

    /// <summary>By pattern and ASCII character: at which unit the letters of a word begin that begins with this character; 2 when that takes a closer look.</summary>
    private static readonly byte[][] LettersBegin = [.. Enum.GetValues<WordPattern>().Select(Beginnings)];

    /// <summary>16 bytes set, then 16 bytes clear.</summary>
    private static readonly byte[] Masks = [.. Enumerable.Repeat((byte)0xFF, Width), .. new byte[Width]];

    /// <summary>The 16 units at a place as bytes; those above U+00FF become 0xFF.</summary>
    public static Vector128<byte> Load(ReadOnlySpan<char> text, int at)
    {
        var units = MemoryMarshal.Cast<char, ushort>(text.Slice(at, Width));
        return Vector128.NarrowWithSaturation(Vector128.Create(units[..8]), Vector128.Create(units[8..]));
    }

    /// <summary>Where the letters begin, by first character, for <see cref="Length"/>.</summary>
    public static ReadOnlySpan<byte> For(WordPattern pattern) => LettersBegin[(int)pattern];

    /// <summary>Length of the word at the beginning when it is letters, perhaps with one sign before them, and ends within these units;
    /// 0 when that is not sure.</summary>
    public static int Length(Vector128<byte> units, ReadOnlySpan<byte> lettersBegin, bool byCase, bool contractions)
    {
        var first = units.ToScalar();
        if (first >= lettersBegin.Length || lettersBegin[first] is var start && start == NotHere) return 0;
        var end = byCase ? RunEnd(units, RunEnd(units, start, 'A'), 'a') : RunEnd(units | Vector128.Create((byte)0x20), start, 'a');
        if (end == start || end >= Width) return 0;
        var next = units.GetElement(end);
        return next >= 0x80 || (contractions && next == '\'') ? 0 : end;
    }

    /// <summary>The key of a word of at most <see cref="LongestKey"/> units, at the beginning; false when it is not ASCII. Words with equal keys are equal.</summary>
    public static bool TryKey(Vector128<byte> units, int length, out Vector128<byte> key)
    {
        key = (units & Vector128.Create(Masks.AsSpan(Width - length, Width))).WithElement(LongestKey, (byte)length);
        return (units.ExtractMostSignificantBits() & ((1u << length) - 1)) == 0;
    }

    private static int RunEnd(Vector128<byte> units, int from, char first)
    {
        var letters = Vector128.LessThanOrEqual(units - Vector128.Create((byte)first), Vector128.Create((byte)25)).ExtractMostSignificantBits();
        return from + BitOperations.TrailingZeroCount(~(letters >> from));
    }

    private static byte[] Beginnings(WordPattern pattern)
    {
        var table = new byte[0x80];
        for (var c = '\0'; c < table.Length; c++)
        {
            var leads = pattern is WordPattern.Gpt2 or WordPattern.Gpt2Digits ? c == ' '
                : pattern is WordPattern.O200k or WordPattern.Tekken ? c is not ('\r' or '\n')
                : c is not ('\r' or '\n' or '\'');
            table[c] = pattern == WordPattern.None ? NotHere : char.IsAsciiLetter(c) ? (byte)0 : leads && !char.IsAsciiDigit(c) ? (byte)1 : NotHere;
        }

        return table;
    }
}

using System.Buffers;

namespace Temper.Ingest;

/// <summary>Classes of bytes that shapes are made of, and runs of them.</summary>
internal static class Ascii
{
    /// <summary>Letters, digits, <c>_</c> and <c>-</c>.</summary>
    public static readonly SearchValues<byte> Token = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    /// <summary>Capital letters and digits.</summary>
    public static readonly SearchValues<byte> Capitals = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);

    public static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    public static bool IsLetter(byte b) => (b | 0x20) is >= 'a' and <= 'z';

    public static bool IsWord(byte b) => IsDigit(b) || IsLetter(b) || b == '_';

    /// <summary>Whether no word goes on to the left of a place.</summary>
    public static bool BeginsAt(ReadOnlySpan<byte> text, int at) => at == 0 || !IsWord(text[at - 1]);

    /// <summary>Whether no word goes on behind a place.</summary>
    public static bool EndsAt(ReadOnlySpan<byte> text, int end) => end >= text.Length || !IsWord(text[end]);

    /// <summary>First byte from a place on that is not of a class.</summary>
    public static int EndOf(ReadOnlySpan<byte> text, int at, SearchValues<byte> of) => text[at..].IndexOfAnyExcept(of) is >= 0 and var length ? at + length : text.Length;

    /// <summary>Whether a text has both a digit and a letter: what people name things seldom has, and keys have.</summary>
    public static bool IsMixed(ReadOnlySpan<byte> text)
    {
        var (digit, letter) = (false, false);
        foreach (var b in text)
        {
            digit |= IsDigit(b);
            letter |= IsLetter(b);
        }
        return digit && letter;
    }
}

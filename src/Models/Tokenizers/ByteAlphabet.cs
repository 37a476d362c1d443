namespace Temper.Models;

/// <summary>GPT-2's printable spelling of bytes: vocabulary files write byte 0x20 as 'Ġ' (U+0120). Bytes that print in Latin-1 stand for
/// themselves, the other 68 are U+0100 onward, in order.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Chars = MakeChars();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, 256).ToDictionary(b => Chars[b], b => (byte)b);

    /// <summary>The character that stands for a byte.</summary>
    public static char CharOf(byte value) => Chars[value];

    /// <summary>Bytes as their characters.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes) => string.Create(bytes.Length, bytes, (target, source) =>
    {
        for (var i = 0; i < target.Length; i++) target[i] = Chars[source[i]];
    });

    /// <summary>The bytes of a spelling, or null when a character stands for no byte.</summary>
    public static byte[]? BytesOf(string spelling)
    {
        var bytes = new byte[spelling.Length];
        for (var i = 0; i < bytes.Length; i++)
            if (!Bytes.TryGetValue(spelling[i], out bytes[i])) return null;
        return bytes;
    }

    private static char[] MakeChars()
    {
        var chars = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        return chars;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Temper.Core.Ids;

/// <summary>
/// 26 characters of lower-case Crockford base 32: 48 bits of milliseconds, then 80 random bits.
/// Sorts by time of creation; two made in one millisecond sort by chance. Source: the ULID specification.
/// </summary>
public static class Ulid
{
    /// <summary>Number of characters.</summary>
    public const int Length = 26;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new identifier stamped with the clock's time.</summary>
    public static string New(TimeProvider clock)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, clock.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        RandomNumberGenerator.Fill(bytes[6..]);
        return Text(bytes);
    }

    /// <summary>The identifier of a time and 80 chosen bits: the same arguments give the same text.</summary>
    /// <param name="unixMs">Milliseconds since 1970, 48 bits.</param>
    /// <param name="tail">10 bytes.</param>
    public static string Of(long unixMs, ReadOnlySpan<byte> tail)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tail.Length, 10);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, unixMs << 16);
        tail.CopyTo(bytes[6..]);
        return Text(bytes);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        Span<char> text = stackalloc char[Length];
        for (var i = Length - 1; i >= 0; i--, value >>= 5)
            text[i] = Alphabet[(int)(value & 31)];
        return new string(text);
    }

    /// <summary>Whether <paramref name="text"/> could have come from <see cref="New"/>.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length != Length || text[0] > '7')
            return false;
        foreach (var c in text)
            if (!Alphabet.Contains(c, StringComparison.Ordinal))
                return false;
        return true;
    }
}

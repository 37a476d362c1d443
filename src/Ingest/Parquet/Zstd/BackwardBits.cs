using System.Buffers.Binary;
using System.Numerics;

namespace Temper.Ingest;

/// <summary>Bits that were written forward and are read from the last to the first; a single 1 bit marks where they end. Below the first bit stand zeros.</summary>
internal ref struct BackwardBits
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <exception cref="InvalidDataException">The end mark is missing.</exception>
    public BackwardBits(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] == 0)
            throw new InvalidDataException("A bit stream has no end mark.");
        _bytes = bytes;
        Left = bytes.Length * 8L - BitOperations.LeadingZeroCount((uint)bytes[^1]) + 24 - 1;
    }

    /// <summary>Bits not read yet; negative when more were read than there are.</summary>
    public long Left { get; private set; }

    /// <summary>Up to 56 bits.</summary>
    public ulong Read(int count)
    {
        var value = Peek(count);
        Left -= count;
        return value;
    }

    /// <summary>The bits that come next, not taken.</summary>
    public readonly ulong Peek(int count)
    {
        var at = Left - count;
        if (at < 0)
            return at <= -64 ? 0 : (From(0) << (int)-at) & Mask(count);
        return (From((int)(at >> 3)) >> (int)(at & 7)) & Mask(count);
    }

    public void Skip(int count) => Left -= count;

    private readonly ulong From(int at)
    {
        if (_bytes.Length - at >= 8)
            return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[at..]);
        ulong value = 0;
        for (var i = _bytes.Length - 1; i >= at; i--)
            value = (value << 8) | _bytes[i];
        return value;
    }

    private static ulong Mask(int count) => (1UL << count) - 1;
}

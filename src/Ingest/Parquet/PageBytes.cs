using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>A stretch of an unpacked page, read from its begin on.</summary>
/// <param name="bytes">Hold it.</param>
/// <param name="start">Its first byte.</param>
/// <param name="end">Behind its last byte.</param>
/// <param name="column">For messages.</param>
internal sealed class PageBytes(byte[] bytes, int start, int end, string column)
{
    public byte[] Bytes => bytes;

    /// <summary>The next byte.</summary>
    public int Position { get; private set; } = start;

    /// <summary>Behind the last byte.</summary>
    public int End => end;

    /// <summary>Bytes not read yet.</summary>
    public int Left => end - Position;

    /// <summary>Passes over that many bytes and tells where they begin.</summary>
    public int Take(long count)
    {
        if (count < 0 || count > Left)
            throw Damaged($"{count} bytes are needed, {Left} are left");
        Position += (int)count;
        return Position - (int)count;
    }

    public int Int32() => System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(Take(4)));

    /// <summary>An unsigned LEB128 number.</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = bytes[Take(1)];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Damaged("a number has more than 64 bits");
    }

    /// <summary>The part of that many bytes that begins here, which is passed over.</summary>
    public PageBytes Part(long count)
    {
        var begin = Take(count);
        return new(bytes, begin, Position, column);
    }

    /// <summary>What is left, to be read twice.</summary>
    public PageBytes Rest() => new(bytes, Position, end, column);

    /// <summary>An unsigned number of up to 64 bits at a bit position counted from the first byte of <see cref="Bytes"/>, low bits first.</summary>
    public ulong Bits(long bit, int width)
    {
        var (at, shift) = ((int)(bit >> 3), (int)(bit & 7));
        ulong value = 0;
        if (bytes.Length - at >= 8)
            value = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) >> shift;
        else
        {
            for (var i = bytes.Length - 1; i >= at; i--)
                value = (value << 8) | bytes[i];
            value >>= shift;
        }
        if (width + shift > 64)
            value |= (ulong)bytes[at + 8] << (64 - shift);
        return width == 64 ? value : value & ((1UL << width) - 1);
    }

    public TemperException Damaged(string how) => ParquetFault.Corrupt($"A page of column '{column}' is damaged: {how}.");
}

namespace Temper.Ingest;

/// <summary>Unpacks one block of LZ4 (lz4_Block_format.md), without a frame: what Parquet calls LZ4_RAW.</summary>
internal static class Lz4Block
{
    private const int ShortestMatch = 4;

    /// <summary>False when the bytes are damaged or do not unpack to exactly the target.</summary>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        int at = 0, filled = 0;
        while (at < packed.Length)
        {
            var token = packed[at++];
            if (!TryLength(packed, ref at, token >> 4, out var literals) || literals > packed.Length - at || literals > target.Length - filled)
                return false;
            packed.Slice(at, literals).CopyTo(target[filled..]);
            (at, filled) = (at + literals, filled + literals);
            // The last sequence has literals alone.
            if (at == packed.Length)
                return filled == target.Length;
            if (packed.Length - at < 2)
                return false;
            var offset = packed[at] | (packed[at + 1] << 8);
            at += 2;
            if (!TryLength(packed, ref at, token & 15, out var match) || match > int.MaxValue - ShortestMatch || !LzCopy.TryCopy(target, ref filled, offset, match + ShortestMatch))
                return false;
        }
        return false;
    }

    private static bool TryLength(ReadOnlySpan<byte> packed, ref int at, int nibble, out int length)
    {
        length = nibble;
        if (nibble < 15)
            return true;
        while (at < packed.Length && length < int.MaxValue - 255)
        {
            var next = packed[at++];
            length += next;
            if (next < 255)
                return true;
        }
        return false;
    }
}

namespace Temper.Ingest;

/// <summary>Unpacks Snappy's raw format (google/snappy, format_description.txt): the size, then literals and copies from what was unpacked.</summary>
internal static class SnappyBlock
{
    /// <summary>False when the bytes are damaged or do not unpack to exactly the target.</summary>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        if (!TrySize(packed, out var at, out var size) || size != (uint)target.Length)
            return false;
        var filled = 0;
        while (at < packed.Length)
        {
            var tag = packed[at++];
            if ((tag & 3) == 0)
            {
                if (!TryLiteral(packed, ref at, tag >> 2, target, ref filled))
                    return false;
                continue;
            }
            if (!TryCopy(packed, ref at, tag, out var length, out var offset) || !LzCopy.TryCopy(target, ref filled, offset, length))
                return false;
        }
        return filled == target.Length;
    }

    private static bool TrySize(ReadOnlySpan<byte> packed, out int at, out ulong size)
    {
        size = 0;
        for (at = 0; at < Math.Min(5, packed.Length);)
        {
            var next = packed[at];
            size |= (ulong)(next & 0x7F) << (7 * at++);
            if (next < 0x80)
                return true;
        }
        return false;
    }

    private static bool TryLiteral(ReadOnlySpan<byte> packed, ref int at, int code, Span<byte> target, ref int filled)
    {
        long length = code + 1;
        if (code >= 60)
        {
            var bytes = code - 59;
            if (bytes > packed.Length - at)
                return false;
            length = 1;
            for (var i = 0; i < bytes; i++)
                length += (long)packed[at + i] << (8 * i);
            at += bytes;
        }
        if (length > packed.Length - at || length > target.Length - filled)
            return false;
        packed.Slice(at, (int)length).CopyTo(target[filled..]);
        (at, filled) = (at + (int)length, filled + (int)length);
        return true;
    }

    private static bool TryCopy(ReadOnlySpan<byte> packed, ref int at, int tag, out int length, out long offset)
    {
        var bytes = (tag & 3) == 3 ? 4 : tag & 3;
        (length, offset) = ((tag >> 2) + 1, 0);
        if (bytes > packed.Length - at)
            return false;
        for (var i = 0; i < bytes; i++)
            offset |= (long)packed[at + i] << (8 * i);
        if (bytes == 1)
        {
            length = ((tag >> 2) & 7) + 4;
            offset |= (long)(tag >> 5) << 8;
        }
        at += bytes;
        return true;
    }
}

/// <summary>Copies inside a buffer that may overlap themselves, as Lempel-Ziv codes do.</summary>
internal static class LzCopy
{
    /// <summary>Appends <paramref name="length"/> bytes that stand <paramref name="offset"/> before the end; false when they do not exist or do not fit.</summary>
    public static bool TryCopy(Span<byte> target, ref int filled, long offset, int length)
    {
        if (offset <= 0 || offset > filled || length > target.Length - filled)
            return false;
        var from = filled - (int)offset;
        if (offset >= length)
            target.Slice(from, length).CopyTo(target[filled..]);
        else
        {
            for (var i = 0; i < length; i++)
                target[filled + i] = target[from + i];
        }
        filled += length;
        return true;
    }
}

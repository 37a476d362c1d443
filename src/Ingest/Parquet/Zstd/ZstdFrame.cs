using System.Buffers.Binary;
using System.IO.Hashing;

namespace Temper.Ingest;

/// <summary>Unpacks Zstandard (RFC 8878): frames one after another, without dictionaries, check sums verified.</summary>
internal static class ZstdFrame
{
    /// <summary>False when the bytes are damaged, need a dictionary, or do not unpack to exactly the target.</summary>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        try
        {
            var filled = 0;
            while (!packed.IsEmpty)
                packed = Frame(packed, target, ref filled);
            return filled == target.Length;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Unpacks one frame behind what is filled; what follows it is returned.</summary>
    private static ReadOnlySpan<byte> Frame(ReadOnlySpan<byte> packed, Span<byte> target, scoped ref int filled)
    {
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(Take(ref packed, 4));
        if (ZstdHeader.IsSkippable(magic))
        {
            Take(ref packed, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref packed, 4)));
            return packed;
        }
        if (magic != ZstdHeader.Magic)
            throw new InvalidDataException("There is no frame.");
        var header = Header(ref packed);
        var (start, block, isLast) = (filled, new ZstdBlock(filled), false);
        while (!isLast)
        {
            var head = Take(ref packed, 3);
            var value = head[0] | (head[1] << 8) | (head[2] << 16);
            isLast = (value & 1) == 1;
            Block(ref packed, (value >> 1) & 3, value >> 3, block, target, ref filled);
        }
        if (header.Size is { } stated && stated != (ulong)(filled - start))
            throw new InvalidDataException("A frame has another size.");
        if (header.HasCheck && BinaryPrimitives.ReadUInt32LittleEndian(Take(ref packed, 4)) != unchecked((uint)XxHash64.HashToUInt64(target[start..filled])))
            throw new InvalidDataException("A frame has another check sum.");
        return packed;
    }

    private static ZstdHeader Header(ref ReadOnlySpan<byte> packed)
    {
        if (packed.IsEmpty)
            throw new InvalidDataException("A frame ends early.");
        var header = ZstdHeader.Read(Take(ref packed, ZstdHeader.LengthOf(packed[0])));
        return header.NeedsDictionary ? throw new InvalidDataException("A frame needs a dictionary.") : header;
    }

    private static void Block(ref ReadOnlySpan<byte> packed, int kind, int size, ZstdBlock block, Span<byte> target, ref int filled)
    {
        if (size > ZstdHeader.LargestBlock || (kind < 2 && size > target.Length - filled) || kind == 3)
            throw new InvalidDataException("A block is too large, or of no known kind.");
        switch (kind)
        {
            case 0:
                Take(ref packed, size).CopyTo(target[filled..]);
                filled += size;
                break;
            case 1:
                target.Slice(filled, size).Fill(Take(ref packed, 1)[0]);
                filled += size;
                break;
            default:
                block.Unpack(Take(ref packed, size), target, ref filled);
                break;
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, uint count)
    {
        if (count > bytes.Length)
            throw new InvalidDataException("A frame ends early.");
        var taken = bytes[..(int)count];
        bytes = bytes[(int)count..];
        return taken;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count) => Take(ref bytes, (uint)count);
}

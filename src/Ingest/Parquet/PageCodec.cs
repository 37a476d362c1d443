using System.Buffers;
using System.IO.Compression;

namespace Temper.Ingest;

/// <summary>How pages are compressed; numbers of the format's enum.</summary>
internal enum PageCodec
{
    Uncompressed = 0,
    Snappy = 1,
    Gzip = 2,
    Lzo = 3,
    Brotli = 4,
    Lz4 = 5,
    Zstd = 6,
    Lz4Raw = 7,
}

/// <summary>Unpacks pages. A page must unpack to exactly the size that its header states.</summary>
internal static class PageCodecs
{
    private const string Remedy = "Write the file again with snappy, gzip, brotli, zstd, lz4_raw or no compression: duckdb -c \"COPY (FROM 'in.parquet') TO 'out.parquet' (COMPRESSION snappy)\".";

    /// <summary>A codec's name as writers call it.</summary>
    public static string Name(int codec) => Enum.IsDefined((PageCodec)codec) ? ((PageCodec)codec).ToString().ToLowerInvariant().Replace("lz4raw", "lz4_raw", StringComparison.Ordinal) : $"codec {codec}";

    /// <summary>Refuses what cannot be unpacked, before anything is read.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>FILE_UNSUPPORTED</c>.</exception>
    public static void Check(int codec, string column)
    {
        if ((PageCodec)codec is not (PageCodec.Uncompressed or PageCodec.Snappy or PageCodec.Gzip or PageCodec.Brotli or PageCodec.Zstd or PageCodec.Lz4Raw))
            throw ParquetFault.Unsupported($"Column '{column}' is compressed with {Name(codec)}, which is not read.", Remedy);
    }

    /// <summary>Whether a codec can make that many bytes of so few at all: a header that says more would only waste memory.</summary>
    public static bool CanBe(int codec, int packed, int unpacked) => unpacked <= (PageCodec)codec switch
    {
        PageCodec.Uncompressed => packed,
        PageCodec.Snappy => packed * 32L + 64,
        PageCodec.Lz4Raw => packed * 256L + 64,
        PageCodec.Gzip => packed * 1040L + 64,
        _ => int.MaxValue,
    };

    /// <summary>Unpacks; false when the bytes are damaged or have another size.</summary>
    public static bool TryUnpack(int codec, ReadOnlyMemory<byte> packed, Span<byte> unpacked)
    {
        switch ((PageCodec)codec)
        {
            case PageCodec.Uncompressed:
                return packed.Length == unpacked.Length && packed.Span.TryCopyTo(unpacked);
            case PageCodec.Snappy:
                return SnappyBlock.TryUnpack(packed.Span, unpacked);
            case PageCodec.Lz4Raw:
                return Lz4Block.TryUnpack(packed.Span, unpacked);
            case PageCodec.Zstd:
                return ZstdFrame.TryUnpack(packed.Span, unpacked);
            case PageCodec.Brotli:
                return TryUnbrotli(packed.Span, unpacked);
            default:
                return TryGunzip(packed, unpacked);
        }
    }

    private static bool TryUnbrotli(ReadOnlySpan<byte> packed, Span<byte> unpacked)
    {
        using var decoder = new BrotliDecoder();
        // Of a target without room the decoder says that it is too small, even where nothing comes.
        var target = unpacked.IsEmpty ? stackalloc byte[1] : unpacked;
        return decoder.Decompress(packed, target, out _, out var written) == OperationStatus.Done && written == unpacked.Length;
    }

    /// <summary>With members, CRC-32 and sizes checked, which the platform's stream does not do where bytes lack.</summary>
    private static bool TryGunzip(ReadOnlyMemory<byte> packed, Span<byte> unpacked)
    {
        using var members = new GzipMembers(new MemoryStream(packed.ToArray(), writable: false));
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        var filled = 0;
        try
        {
            while (true)
            {
                // Everything is in memory, so the read has ended when it returns.
                var read = members.ReadAsync(buffer, CancellationToken.None).AsTask().GetAwaiter().GetResult();
                if (read == 0)
                    return members.Fault is null && filled == unpacked.Length;
                if (read > unpacked.Length - filled)
                    return false;
                buffer.AsSpan(0, read).CopyTo(unpacked[filled..]);
                filled += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>
/// A compressed file as its unpacked bytes: parts that are each whole by themselves, one behind the other, with their check sums and sizes compared. The
/// stream ends at the first fault.
/// </summary>
internal abstract class PackedStream : ForwardStream
{
    private const long RatioFrom = 10L << 20;
    private const int HighestRatio = 200;
    private const long MostBytes = 1L << 40;

    /// <summary>Why the file cannot be trusted; null while it can.</summary>
    public FileFault? Fault { get; protected set; }

    /// <summary>Parts that were whole: members of gzip, frames of Zstandard.</summary>
    public int Members { get; protected set; }

    /// <summary>Bytes unpacked.</summary>
    public long Expanded { get; protected set; }

    /// <summary>Opens compressed bytes; the stream goes with the result.</summary>
    public static PackedStream Open(Stream compressed, Packing packing) => packing == Packing.Zstd ? new ZstdMembers(compressed) : new GzipMembers(compressed);

    /// <summary>The fault of a file that unpacks to more than data ever does; null while it does not.</summary>
    /// <param name="consumed">Compressed bytes so far.</param>
    protected FileFault? TooMuch(long consumed) => Expanded > MostBytes || (Expanded > RatioFrom && Expanded / HighestRatio > consumed)
        ? new("FILE_RATIO", $"{consumed} compressed bytes unpack to {Expanded} and more; at most {HighestRatio} to 1 is expected.")
        : null;
}

/// <summary>How a file is compressed.</summary>
internal enum Packing
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Gzip (RFC 1952).</summary>
    Gzip,

    /// <summary>Zstandard (RFC 8878).</summary>
    Zstd,
}

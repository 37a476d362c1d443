namespace Temper.Ingest;

/// <summary>What an archive is packed as.</summary>
internal enum ArchiveKind
{
    /// <summary>Zip, each entry packed by itself.</summary>
    Zip,

    /// <summary>Tar, not compressed.</summary>
    Tar,

    /// <summary>Tar, compressed as a whole by gzip.</summary>
    GzipTar,

    /// <summary>Tar, compressed as a whole by Zstandard.</summary>
    ZstdTar,
}

/// <summary>Where an archive holds a file.</summary>
/// <param name="Archive">Kind of the archive.</param>
/// <param name="Name">As the archive says it, without a leading <c>./</c>.</param>
/// <param name="Offset">Of a zip, of the entry's own header; of a tar, of its content in the unpacked archive.</param>
/// <param name="Size">Unpacked bytes.</param>
/// <param name="Packed">Of a zip: bytes as stored.</param>
/// <param name="Limit">Of a zip: where the next entry begins.</param>
/// <param name="Crc">Of a zip: CRC-32 of the unpacked bytes.</param>
/// <param name="Deflated">Of a zip: whether it is compressed.</param>
internal sealed record ArchiveEntry(ArchiveKind Archive, string Name, long Offset, long Size, long Packed = 0, long Limit = 0, uint Crc = 0, bool Deflated = false);

/// <summary>An entry as an archive's directory has it, before anyone has judged it.</summary>
/// <param name="Name">Bytes that should be UTF-8.</param>
/// <param name="Entry">Place, its name still empty.</param>
/// <param name="IsFolder">Whether it names a folder.</param>
/// <param name="Refusal">Why its shape alone is refused, or null.</param>
internal sealed record FoundEntry(byte[] Name, ArchiveEntry Entry, bool IsFolder, string? Refusal);

/// <summary>A directory that was read: its entries, or why it cannot be trusted.</summary>
internal sealed record ArchiveDirectory(IReadOnlyList<FoundEntry> Entries, FileFault? Fault)
{
    /// <summary>An archive of which nothing is read.</summary>
    public static ArchiveDirectory Broken(string code, string message) => new([], new(code, message));
}

/// <summary>How much an archive may hold.</summary>
internal sealed record ArchiveLimits
{
    /// <summary>Most entries.</summary>
    public int Entries { get; init; } = 100_000;

    /// <summary>Most unpacked bytes of one entry.</summary>
    public long EntryBytes { get; init; } = 256L << 30;

    /// <summary>Most unpacked bytes of all entries.</summary>
    public long TotalBytes { get; init; } = 1L << 40;

    /// <summary>Unpacked bytes of an entry from which on its ratio counts.</summary>
    public long RatioFrom { get; init; } = 10L << 20;

    /// <summary>Most unpacked bytes for one packed byte.</summary>
    public int Ratio { get; init; } = 200;
}

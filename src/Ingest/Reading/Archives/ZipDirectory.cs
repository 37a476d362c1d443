using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>
/// Reads a zip archive's central directory (APPNOTE 6.3, with Zip64) by ranges of the blob. Sizes come from there, so that entries whose own header
/// leaves them to a descriptor are read like others. Entries that lie in each other are refused: that is how bombs and archives of themselves are made.
/// </summary>
internal sealed class ZipDirectory(PinnedBlob blob, ArchiveLimits limits)
{
    private const int EndBytes = 22, LocatorBytes = 20, End64Bytes = 56, HeaderBytes = 46, LongestComment = 0xFFFF;

    /// <summary>Every entry, in the order in which they are packed.</summary>
    public async Task<ArchiveDirectory> ReadAsync(CancellationToken ct)
    {
        var tailAt = Math.Max(0, blob.Size - EndBytes - LocatorBytes - LongestComment);
        var tail = await blob.ReadAsync(tailAt, (int)(blob.Size - tailAt), ct).ConfigureAwait(false);
        var at = FindEnd(tail.Span);
        if (at < 0)
            return ArchiveDirectory.Broken("FILE_TRUNCATED", "The archive ends before the record that every zip archive ends with.");
        var end = End.Of(tail.Span[at..]);
        var endAt = tailAt + at;
        if (end.Needs64 && at >= LocatorBytes && tail.Span[(at - LocatorBytes)..].StartsWith("PK\u0006\u0007"u8))
        {
            endAt = BinaryPrimitives.ReadInt64LittleEndian(tail.Span[(at - LocatorBytes + 8)..]);
            if (endAt < 0 || endAt > tailAt + at - LocatorBytes - End64Bytes)
                return ArchiveDirectory.Broken("ARCHIVE_BROKEN", "The Zip64 record does not lie where it is said to.");
            var record = await blob.ReadAsync(endAt, End64Bytes, ct).ConfigureAwait(false);
            if (!record.Span.StartsWith("PK\u0006\u0006"u8))
                return ArchiveDirectory.Broken("ARCHIVE_BROKEN", "The Zip64 record does not lie where it is said to.");
            end = End.Of64(record.Span);
        }
        if (end.Entries > (ulong)limits.Entries)
            return ArchiveDirectory.Broken("ARCHIVE_LIMIT", FormattableString.Invariant($"The archive holds {end.Entries} entries; at most {limits.Entries} are read."));
        if (end.Offset > (ulong)endAt || end.Size != (ulong)endAt - end.Offset)
            return ArchiveDirectory.Broken("ARCHIVE_BROKEN", "The archive's directory does not end where its last record begins.");
        return await ReadEntriesAsync(end, ct).ConfigureAwait(false);
    }

    /// <summary>The last record of the archive: the one whose comment ends with the file.</summary>
    private static int FindEnd(ReadOnlySpan<byte> tail)
    {
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            if (tail[at..].StartsWith("PK\u0005\u0006"u8) && at + EndBytes + BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 20)..]) == tail.Length)
                return at;
        }
        return -1;
    }

    private async Task<ArchiveDirectory> ReadEntriesAsync(End end, CancellationToken ct)
    {
        var entries = new List<FoundEntry>();
        await using var stream = new BufferedStream(await blob.OpenAsync((long)end.Offset, (long)end.Size, ct).ConfigureAwait(false), 64 << 10);
        var (header, read) = (new byte[HeaderBytes], 0UL);
        while (read < end.Size && entries.Count < limits.Entries)
        {
            if (await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, ct).ConfigureAwait(false) < HeaderBytes || !header.AsSpan().StartsWith("PK\u0001\u0002"u8))
                break;
            var rest = new byte[Short(header, 28) + Short(header, 30) + Short(header, 32)];
            if (await stream.ReadAtLeastAsync(rest, rest.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false) < rest.Length)
                break;
            entries.Add(ZipHeader.Read(header, rest));
            read += (ulong)(HeaderBytes + rest.Length);
        }
        if (read != end.Size || (ulong)entries.Count != end.Entries)
            return ArchiveDirectory.Broken("ARCHIVE_BROKEN", FormattableString.Invariant($"The archive's directory says {end.Entries} entries in {end.Size} bytes; {entries.Count} in {read} bytes were found."));
        return new(Apart(entries, (long)end.Offset), null);
    }

    /// <summary>Gives each entry its limit, and refuses those that lie in each other or in the directory.</summary>
    private static List<FoundEntry> Apart(List<FoundEntry> entries, long directory)
    {
        var ordered = entries.OrderBy(e => e.Entry.Offset).ToList();
        var (furthest, holder) = (0L, -1);
        for (var i = 0; i < ordered.Count; i++)
        {
            var entry = ordered[i].Entry;
            var limit = i + 1 < ordered.Count ? ordered[i + 1].Entry.Offset : directory;
            var end = entry.Offset + 30 + ordered[i].Name.Length + entry.Packed;
            var overlaps = entry.Offset < furthest || entry.Offset < 0 || end < 0 || end > directory;
            if (overlaps && holder >= 0)
                ordered[holder] = ordered[holder] with { Refusal = ZipHeader.Overlap };
            ordered[i] = ordered[i] with { Entry = entry with { Limit = limit }, Refusal = overlaps ? ZipHeader.Overlap : ordered[i].Refusal };
            if (end > furthest)
                (furthest, holder) = (end, i);
        }
        return ordered;
    }

    private static int Short(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    /// <summary>What the archive's last record says.</summary>
    private readonly record struct End(ulong Entries, ulong Size, ulong Offset)
    {
        public bool Needs64 => Entries == 0xFFFF || Size == 0xFFFFFFFF || Offset == 0xFFFFFFFF;

        public static End Of(ReadOnlySpan<byte> record) => new(BinaryPrimitives.ReadUInt16LittleEndian(record[10..]), BinaryPrimitives.ReadUInt32LittleEndian(record[12..]), BinaryPrimitives.ReadUInt32LittleEndian(record[16..]));

        public static End Of64(ReadOnlySpan<byte> record) => new(BinaryPrimitives.ReadUInt64LittleEndian(record[32..]), BinaryPrimitives.ReadUInt64LittleEndian(record[40..]), BinaryPrimitives.ReadUInt64LittleEndian(record[48..]));
    }
}

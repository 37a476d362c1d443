using System.Buffers.Binary;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>How an entry's bytes are kept. The byte values 2 to 4 are spoken for: byte planes of 2, of 4, and differences to a base.</summary>
public enum PackForm
{
    /// <summary>As they are.</summary>
    Raw = 0,

    /// <summary>Deflate (RFC 1951), chosen when it saves a tenth.</summary>
    Deflate = 1,
}

/// <summary>One object in a pack.</summary>
/// <param name="Id">Of the object's bytes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Byte offset of the entry's header in the pack.</param>
/// <param name="Stored">Bytes behind the header.</param>
/// <param name="Size">Bytes of the object itself.</param>
/// <param name="Form">How they are kept.</param>
public sealed record PackEntry(Digest Id, ObjectKind Kind, long Offset, int Stored, int Size, PackForm Form);

/// <summary>Layout of a pack, version 1; all numbers little endian. Specification: docs/formats/packs.md.</summary>
internal static class PackFormat
{
    public const int Version = 1;
    public const int HeaderSize = 16, EntryHeaderSize = 12, IndexRowSize = 52, TrailerSize = 56;

    /// <summary>Largest chunk that a reader accepts.</summary>
    public const int LargestChunk = 4 << 20;

    /// <summary>Largest tree, commit or tag.</summary>
    public const int LargestObject = 64 << 20;

    private static ReadOnlySpan<byte> Magic => "TMPRPACK"u8;

    private static ReadOnlySpan<byte> EndMagic => "KCAPRPMT"u8;

    public static byte[] Header()
    {
        var bytes = new byte[HeaderSize];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        return bytes;
    }

    public static void WriteEntryHeader(Span<byte> to, PackForm form, ObjectKind kind, int stored, int size)
    {
        to[..EntryHeaderSize].Clear();
        (to[0], to[1]) = ((byte)form, (byte)kind);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], stored);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], size);
    }

    /// <summary>Whether the header in the pack says the same as the catalogue.</summary>
    public static bool Matches(ReadOnlySpan<byte> header, PackEntry entry) =>
        header[0] == (byte)entry.Form && header[1] == (byte)entry.Kind
        && BinaryPrimitives.ReadInt32LittleEndian(header[4..]) == entry.Stored && BinaryPrimitives.ReadInt32LittleEndian(header[8..]) == entry.Size;

    public static byte[] Index(IEnumerable<PackEntry> entries)
    {
        var sorted = entries.OrderBy(e => e.Id).ToList();
        var bytes = new byte[sorted.Count * IndexRowSize];
        for (var i = 0; i < sorted.Count; i++)
        {
            var row = bytes.AsSpan(i * IndexRowSize, IndexRowSize);
            sorted[i].Id.CopyTo(row);
            BinaryPrimitives.WriteInt64LittleEndian(row[32..], sorted[i].Offset);
            BinaryPrimitives.WriteInt32LittleEndian(row[40..], sorted[i].Stored);
            BinaryPrimitives.WriteInt32LittleEndian(row[44..], sorted[i].Size);
            (row[48], row[49]) = ((byte)sorted[i].Form, (byte)sorted[i].Kind);
        }
        return bytes;
    }

    public static byte[] Trailer(long indexOffset, int count, Digest indexDigest)
    {
        var bytes = new byte[TrailerSize];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, indexOffset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Version);
        indexDigest.CopyTo(bytes.AsSpan(16));
        EndMagic.CopyTo(bytes.AsSpan(48));
        return bytes;
    }

    public static void CheckHeader(ReadOnlySpan<byte> header, Digest pack)
    {
        if (header.Length < HeaderSize || !header[..8].SequenceEqual(Magic))
            throw Corrupt(pack, "it does not begin as a pack does");
        if (BinaryPrimitives.ReadInt32LittleEndian(header[8..]) is var version and not Version)
            throw Corrupt(pack, $"it has format version {version}; this program reads {Version}");
    }

    public static (long IndexOffset, int Count, Digest IndexDigest) ReadTrailer(ReadOnlySpan<byte> trailer, long packSize, Digest pack)
    {
        if (trailer.Length != TrailerSize || !trailer[48..].SequenceEqual(EndMagic))
            throw Corrupt(pack, "it does not end as a pack does");
        var offset = BinaryPrimitives.ReadInt64LittleEndian(trailer);
        var count = BinaryPrimitives.ReadInt32LittleEndian(trailer[8..]);
        if (count is < 0 or > 1 << 24 || offset < HeaderSize || offset != packSize - TrailerSize - (long)count * IndexRowSize)
            throw Corrupt(pack, "its index does not lie where its trailer says");
        return (offset, count, Digest.FromHash(trailer.Slice(16, 32)));
    }

    public static PackEntry ReadIndexRow(ReadOnlySpan<byte> row, long indexOffset, Digest pack)
    {
        var entry = new PackEntry(Digest.FromHash(row[..32]), (ObjectKind)row[49], BinaryPrimitives.ReadInt64LittleEndian(row[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(row[40..]), BinaryPrimitives.ReadInt32LittleEndian(row[44..]), (PackForm)row[48]);
        Check(entry, indexOffset, pack);
        return entry;
    }

    /// <summary>Refuses numbers that no writer of ours writes, before anything is allocated by them.</summary>
    public static void Check(PackEntry entry, long end, Digest pack)
    {
        if (!Enum.IsDefined(entry.Kind))
            throw Corrupt(pack, $"the object {entry.Id} is of the unknown kind {(int)entry.Kind}");
        if (!Enum.IsDefined(entry.Form))
            throw Corrupt(pack, $"the object {entry.Id} has the unknown form {(int)entry.Form}");
        var largest = entry.Kind == ObjectKind.Chunk ? LargestChunk : LargestObject;
        if (entry.Size < 0 || entry.Size > largest || entry.Stored < 0 || entry.Stored > entry.Size || entry.Form == PackForm.Raw && entry.Stored != entry.Size
            || entry.Offset < HeaderSize || entry.Offset > end - EntryHeaderSize - entry.Stored)
            throw Corrupt(pack, $"the object {entry.Id} has sizes that cannot be");
    }

    public static TemperException Corrupt(Digest pack, string why) => new("object_corrupt", $"The pack {pack} cannot be read: {why}.");
}

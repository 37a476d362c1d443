using System.Buffers.Binary;
using System.Security.Cryptography;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>Layout of a pack, versions 1 and 2; all numbers little endian. Specification: docs/formats/packs.md.</summary>
internal static class PackFormat
{
    /// <summary>Version 2 is version 1 with recipes and the forms 2 to 4 beside it.</summary>
    public const int Version1 = 1, Version2 = 2;

    public const int HeaderSize = 16, EntryHeaderSize = 12, IndexRowSize = 52, TrailerSize = 56;

    /// <summary>Largest chunk that a reader accepts.</summary>
    public const int LargestChunk = 4 << 20;

    /// <summary>Largest tree, commit or tag.</summary>
    public const int LargestObject = 64 << 20;

    private static ReadOnlySpan<byte> Magic => "TMPRPACK"u8;

    private static ReadOnlySpan<byte> EndMagic => "KCAPRPMT"u8;

    public static byte[] Header(int version)
    {
        var bytes = new byte[HeaderSize];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), version);
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
    public static bool Matches(ReadOnlySpan<byte> header, in PackRow entry) =>
        header[0] == (byte)entry.Form && header[1] == (byte)entry.Kind && header[2] == 0 && header[3] == 0
        && BinaryPrimitives.ReadInt32LittleEndian(header[4..]) == entry.Stored && BinaryPrimitives.ReadInt32LittleEndian(header[8..]) == entry.Size;

    public static byte[] Index(IEnumerable<PackEntry> entries)
    {
        var sorted = entries.OrderBy(e => e.Id).ThenBy(e => e.Kind).ToList();
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

    public static byte[] Trailer(long indexOffset, int count, Digest indexDigest, int version)
    {
        var bytes = new byte[TrailerSize];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, indexOffset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), version);
        indexDigest.CopyTo(bytes.AsSpan(16));
        EndMagic.CopyTo(bytes.AsSpan(48));
        return bytes;
    }

    /// <summary>Name of a pack by what is not an object in it.</summary>
    public static Digest NameOf(ReadOnlySpan<byte> header, ReadOnlySpan<byte> index, ReadOnlySpan<byte> trailer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        hash.AppendData(index);
        hash.AppendData(trailer);
        return Digest.FromHash(hash.GetHashAndReset());
    }

    public static void CheckHeader(ReadOnlySpan<byte> header, Digest pack)
    {
        if (header.Length < HeaderSize || !header[..8].SequenceEqual(Magic))
            throw Corrupt(pack, "it does not begin as a pack does");
        if (BinaryPrimitives.ReadInt32LittleEndian(header[8..]) is var version and not (Version1 or Version2))
            throw Corrupt(pack, $"it has format version {version}; this program reads {Version1} and {Version2}");
        if (BinaryPrimitives.ReadInt32LittleEndian(header[12..]) != 0)
            throw Corrupt(pack, "its header holds something where there is nothing");
    }

    public static (long IndexOffset, int Count, Digest IndexDigest) ReadTrailer(ReadOnlySpan<byte> trailer, long packSize, Digest pack)
    {
        if (trailer.Length != TrailerSize || !trailer[48..].SequenceEqual(EndMagic))
            throw Corrupt(pack, "it does not end as a pack does");
        if (BinaryPrimitives.ReadInt32LittleEndian(trailer[12..]) is not (Version1 or Version2))
            throw Corrupt(pack, "its trailer has an unknown format version");
        var offset = BinaryPrimitives.ReadInt64LittleEndian(trailer);
        var count = BinaryPrimitives.ReadInt32LittleEndian(trailer[8..]);
        if (count is < 0 or > 1 << 24 || offset < HeaderSize || offset != packSize - TrailerSize - (long)count * IndexRowSize)
            throw Corrupt(pack, "its index does not lie where its trailer says");
        return (offset, count, Digest.FromHash(trailer.Slice(16, 32)));
    }

    public static PackEntry ReadIndexRow(ReadOnlySpan<byte> row, long indexOffset, Digest pack)
    {
        var entry = ReadRow(row);
        Check(entry, indexOffset, pack);
        return new(entry.Id, entry.Kind, entry.Offset, entry.Stored, entry.Size, entry.Form);
    }

    /// <summary>One row as it stands, not checked.</summary>
    public static PackRow ReadRow(ReadOnlySpan<byte> row) => new(Digest.FromHash(row[..32]), (ObjectKind)row[49], BinaryPrimitives.ReadInt64LittleEndian(row[32..]),
        BinaryPrimitives.ReadInt32LittleEndian(row[40..]), BinaryPrimitives.ReadInt32LittleEndian(row[44..]), (PackForm)row[48]);

    public static void Check(PackEntry entry, long end, Digest pack) => Check(entry.Row, end, pack);

    /// <summary>Refuses numbers that no writer of ours writes, before anything is allocated by them.</summary>
    public static void Check(in PackRow entry, long end, Digest pack)
    {
        if (entry.Kind is < ObjectKind.Chunk or > ObjectKind.Recipe)
            throw Corrupt(pack, $"the object {entry.Id} is of the unknown kind {(int)entry.Kind}");
        if (entry.Form is < PackForm.Raw or > PackForm.Difference)
            throw Corrupt(pack, $"the object {entry.Id} has the unknown form {(int)entry.Form}");
        if (entry.Size < 0 || entry.Size > Largest(entry.Kind) || entry.Stored < 0 || entry.Stored > entry.Size || entry.Form == PackForm.Raw && entry.Stored != entry.Size
            || entry.Offset < HeaderSize || entry.Offset > end - EntryHeaderSize - entry.Stored)
            throw Corrupt(pack, $"the object {entry.Id} has sizes that cannot be");
    }

    /// <summary>Most bytes that an object of this kind has.</summary>
    public static int Largest(ObjectKind kind) => kind == ObjectKind.Chunk ? LargestChunk : LargestObject;

    public static TemperException Corrupt(Digest pack, string why) => new("object_corrupt", $"The pack {pack} cannot be read: {why}.");
}

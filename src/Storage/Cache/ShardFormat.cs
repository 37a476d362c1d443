using System.Buffers.Binary;
using System.Security.Cryptography;
using Temper.Core.Ids;

namespace Temper.Storage.Cache;

/// <summary>Where a value lies in its shard.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Check">First 8 bytes of SHA-256 over the record's digest and the value.</param>
internal readonly record struct ShardPlace(long Offset, int Length, ulong Check);

/// <summary>
/// A shard: 8 bytes <c>TMPRRCD1</c>, the values, an index row per value (digest 32, offset 8, length 4, check 8), a trailer (rows 4, check of the
/// index 8, <c>1DCRRPMT</c>). Numbers are little endian. Specification: docs/formats/cache.md.
/// </summary>
internal static class ShardFormat
{
    public const int RowSize = 52, TrailerSize = 20, HeaderSize = 8;

    /// <summary>Largest value, and size at which a batch goes on in another shard.</summary>
    public const int Largest = 8 << 20;

    private static ReadOnlySpan<byte> Magic => "TMPRRCD1"u8;

    private static ReadOnlySpan<byte> EndMagic => "1DCRRPMT"u8;

    public static byte[] Encode(IReadOnlyCollection<CacheEntry> entries, List<(Digest Record, ShardPlace Place)> places)
    {
        using var shard = new MemoryStream();
        using var index = new MemoryStream();
        shard.Write(Magic);
        Span<byte> row = stackalloc byte[RowSize];
        foreach (var entry in entries)
        {
            var place = new ShardPlace(shard.Position, entry.Value.Length, CheckOf(entry.Record, entry.Value.Span));
            places.Add((entry.Record, place));
            shard.Write(entry.Value.Span);
            Convert.FromHexString(entry.Record.Hex).CopyTo(row);
            BinaryPrimitives.WriteInt64LittleEndian(row[32..], place.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(row[40..], place.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(row[44..], place.Check);
            index.Write(row);
        }
        Span<byte> trailer = stackalloc byte[TrailerSize];
        BinaryPrimitives.WriteInt32LittleEndian(trailer, entries.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[4..], CheckOf(index.ToArray()));
        EndMagic.CopyTo(trailer[12..]);
        index.WriteTo(shard);
        shard.Write(trailer);
        return shard.ToArray();
    }

    /// <summary>Bytes of the index in a shard of <paramref name="size"/> bytes; null when the trailer is not sound.</summary>
    public static int? IndexSize(ReadOnlySpan<byte> trailer, long size)
    {
        if (trailer.Length != TrailerSize || !trailer[12..].SequenceEqual(EndMagic))
            return null;
        var rows = (long)BinaryPrimitives.ReadInt32LittleEndian(trailer);
        return rows >= 0 && rows * RowSize <= Math.Min(size - TrailerSize - HeaderSize, int.MaxValue) ? (int)(rows * RowSize) : null;
    }

    /// <summary>The index's rows; null when it is not sound.</summary>
    public static List<(Digest Record, ShardPlace Place)>? Index(ReadOnlySpan<byte> index, ReadOnlySpan<byte> trailer, long size)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(trailer[4..]) != CheckOf(index))
            return null;
        var places = new List<(Digest, ShardPlace)>();
        for (var rest = index; !rest.IsEmpty; rest = rest[RowSize..])
        {
            var place = new ShardPlace(BinaryPrimitives.ReadInt64LittleEndian(rest[32..]), BinaryPrimitives.ReadInt32LittleEndian(rest[40..]), BinaryPrimitives.ReadUInt64LittleEndian(rest[44..]));
            if (place.Length is < 0 or > Largest || place.Offset < HeaderSize || place.Offset > size - place.Length)
                return null;
            places.Add((Digest.FromHash(rest[..32]), place));
        }
        return places;
    }

    public static ulong CheckOf(Digest record, ReadOnlySpan<byte> value)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(record.Hex));
        hash.AppendData(value);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset());
    }

    private static ulong CheckOf(ReadOnlySpan<byte> index) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(index));
}

using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>
/// What the search for copies needs of each sound record of a slice, in few bytes: first half of its id, its line, where its verdict lies in the slice,
/// and where near-duplicates are sought its <see cref="ShingleSketch"/> and its band keys. Little endian; made once for a slice, whatever uploads it is part of.
/// </summary>
/// <param name="bands">0 where near-duplicates are not sought.</param>
internal sealed class RecordSigns(int bands)
{
    private const int Head = 16 + 8 + 4 + 4, OffsetAt = 24;

    /// <summary>Bytes of a record.</summary>
    public int Width => Head + (bands == 0 ? 0 : ShingleSketch.Width + (4 * bands));

    /// <summary>Adds a record; the caller fills what is given back: its sketch, then its band keys. Nothing where near-duplicates are not sought.</summary>
    public Span<byte> Add(ByteBuffer into, RecordSign sign)
    {
        var bytes = into.GetSpan(Width)[..Width];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, sign.Id);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], sign.Line);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[OffsetAt..], sign.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], sign.Length);
        into.Advance(Width);
        return bytes[Head..];
    }

    /// <summary>Moves the places of records that were made without what stands before them in the slice.</summary>
    public void Shift(Span<byte> records, int offset)
    {
        for (var at = OffsetAt; at < records.Length; at += Width)
            BinaryPrimitives.WriteInt32LittleEndian(records[at..], BinaryPrimitives.ReadInt32LittleEndian(records[at..]) + offset);
    }

    /// <summary>Reads a record's head.</summary>
    public static RecordSign Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[OffsetAt..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]));

    /// <summary>A record's sketch.</summary>
    public static ReadOnlySpan<byte> Sketch(ReadOnlySpan<byte> bytes) => bytes.Slice(Head, ShingleSketch.Width);

    /// <summary>Reads a record's band keys.</summary>
    public static void Keys(ReadOnlySpan<byte> bytes, Span<uint> keys)
    {
        for (var band = 0; band < keys.Length; band++)
            keys[band] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Head + ShingleSketch.Width + (4 * band))..]);
    }
}

/// <summary>One record of a slice.</summary>
/// <param name="Id">First half of the record's id.</param>
/// <param name="Line">Line of its file.</param>
/// <param name="Offset">Of the canonical record in the slice's data.</param>
/// <param name="Length">Bytes of it.</param>
internal readonly record struct RecordSign(UInt128 Id, long Line, int Offset, int Length);

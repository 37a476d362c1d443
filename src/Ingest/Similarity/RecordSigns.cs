using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>
/// What the search for copies needs of each sound record of a slice, in few bytes: first half of its id, its line, where its verdict lies in the slice,
/// and its band keys where near-duplicates are sought. Little endian; made once for a slice, whatever uploads it is part of.
/// </summary>
/// <param name="bands">0 where near-duplicates are not sought.</param>
internal sealed class RecordSigns(int bands)
{
    private const int Head = 16 + 8 + 4 + 4;

    /// <summary>Bytes of a record.</summary>
    public int Width => Head + (4 * bands);

    /// <summary>Adds a record.</summary>
    public void Write(ByteBuffer into, RecordSign sign, ReadOnlySpan<uint> keys)
    {
        var bytes = into.GetSpan(Width);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, sign.Id);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], sign.Line);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], sign.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], sign.Length);
        for (var band = 0; band < bands; band++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(Head + (4 * band))..], keys[band]);
        into.Advance(Width);
    }

    /// <summary>Reads a record.</summary>
    public RecordSign Read(ReadOnlySpan<byte> bytes, Span<uint> keys)
    {
        for (var band = 0; band < bands; band++)
            keys[band] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Head + (4 * band))..]);
        return new(BinaryPrimitives.ReadUInt128LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]));
    }
}

/// <summary>One record of a slice.</summary>
/// <param name="Id">First half of the record's id.</param>
/// <param name="Line">Line of its file.</param>
/// <param name="Offset">Of the canonical record in the slice's data.</param>
/// <param name="Length">Bytes of it.</param>
internal readonly record struct RecordSign(UInt128 Id, long Line, int Offset, int Length);

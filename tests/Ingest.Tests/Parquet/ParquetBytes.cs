using System.Buffers.Binary;
using System.IO.Hashing;

namespace Temper.Ingest.Tests;

/// <summary>
/// A Parquet file of one column, made by hand so that each of its claims can be wrong. As it stands it is right: a required INT32 column <c>a</c> of
/// three values in one page.
/// </summary>
internal sealed class ParquetBytes
{
    public static byte[] Ints(params int[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), values[i]);
        return bytes;
    }

    public byte[] Page { get; init; } = Ints(10, 20, 30);

    public int Values { get; init; } = 3;

    public long Rows { get; init; } = 3;

    public int? PageValues { get; init; }

    public int Type { get; init; } = (int)PhysicalType.Int32;

    public int? ChunkType { get; init; }

    public int TypeLength { get; init; }

    public int Codec { get; init; }

    public int Encoding { get; init; }

    public int LevelEncoding { get; init; } = (int)PageEncoding.Rle;

    public int? PackedSize { get; init; }

    public int? UnpackedSize { get; init; }

    public bool Crc { get; init; }

    public uint CrcError { get; init; }

    public Repetition Repetition { get; init; } = Repetition.Required;

    public int? Converted { get; init; }

    public byte[]? Lowest { get; init; }

    public byte[]? Highest { get; init; }

    public long? Nulls { get; init; }

    public long? ChunkBytes { get; init; }

    public long? ChunkStart { get; init; }

    public byte[]? Dictionary { get; init; }

    public int DictionaryValues { get; init; }

    /// <summary>Takes the place of the schema.</summary>
    public ThriftBytes[]? Schema { get; init; }

    public static ThriftBytes Group(string name, int children, Repetition? repetition = null, int? converted = null)
    {
        var group = new ThriftBytes();
        if (repetition is { } r)
            group.Int(3, (int)r);
        group.Text(4, name).Int(5, children);
        return converted is { } c ? group.Int(6, c) : group;
    }

    public static ThriftBytes Leaf(string name, PhysicalType type, Repetition repetition = Repetition.Required, int? converted = null, int length = 0)
    {
        var leaf = new ThriftBytes().Int(1, (int)type);
        if (length > 0)
            leaf.Int(2, length);
        leaf.Int(3, (int)repetition).Text(4, name);
        return converted is { } c ? leaf.Int(6, c) : leaf;
    }

    public byte[] Build()
    {
        var pages = Dictionary is null ? [] : (byte[])[.. new ThriftBytes().Int(1, 2).Int(2, Dictionary.Length).Int(3, Dictionary.Length).Struct_(7, new ThriftBytes().Int(1, DictionaryValues).Int(2, 0)).Struct, .. Dictionary];
        var header = new ThriftBytes().Int(1, 0).Int(2, UnpackedSize ?? Page.Length).Int(3, PackedSize ?? Page.Length);
        if (Crc)
            header.Int(4, unchecked((int)(Crc32.HashToUInt32(Page) ^ CrcError)));
        header.Struct_(5, new ThriftBytes().Int(1, PageValues ?? Values).Int(2, Encoding).Int(3, LevelEncoding).Int(4, LevelEncoding));
        byte[] data = [.. header.Struct, .. Page];
        var statistics = new ThriftBytes();
        if (Nulls is { } nulls)
            statistics.Long(3, nulls);
        if (Highest is not null)
            statistics.Binary(5, Highest).Binary(6, Lowest!);
        var meta = new ThriftBytes().Int(1, ChunkType ?? Type).Int(4, Codec).Long(5, Values).Long(6, data.Length).Long(7, ChunkBytes ?? pages.Length + data.Length)
            .Long(9, ChunkStart ?? 4 + pages.Length);
        if (Dictionary is not null)
            meta.Long(11, 4);
        meta.Struct_(12, statistics);
        ThriftBytes[] schema = Schema ?? [Group("root", 1), Leaf("a", (PhysicalType)Type, Repetition, Converted, TypeLength)];
        var footer = new ThriftBytes().Int(1, 2).Structs(2, schema).Long(3, Rows)
            .Structs(4, new ThriftBytes().Structs(1, new ThriftBytes().Long(2, 4).Struct_(3, meta)).Long(2, data.Length).Long(3, Rows));
        return File([.. pages, .. data], footer.Struct);
    }

    public static byte[] File(byte[] pages, byte[] footer)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        return [.. "PAR1"u8, .. pages, .. footer, .. length, .. "PAR1"u8];
    }
}

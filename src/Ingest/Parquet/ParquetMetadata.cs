namespace Temper.Ingest;

/// <summary>How values are stored.</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Int96 = 3,
    Float = 4,
    Double = 5,
    ByteArray = 6,
    FixedLenByteArray = 7,
}

/// <summary>How often a value may be there.</summary>
internal enum Repetition
{
    Required = 0,
    Optional = 1,
    Repeated = 2,
}

/// <summary>What values mean. The first ones have the numbers of the format's union.</summary>
internal enum LogicalKind
{
    None = 0,
    String = 1,
    Map = 2,
    List = 3,
    Enum = 4,
    Decimal = 5,
    Date = 6,
    Time = 7,
    Timestamp = 8,
    Integer = 10,
    Unknown = 11,
    Json = 12,
    Bson = 13,
    Uuid = 14,
    Float16 = 15,
    Variant = 16,
    Geometry = 17,
    Geography = 18,
    Interval = 100,
}

/// <summary>What values mean, with what belongs to it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Scale">Digits behind the point of a decimal.</param>
/// <param name="Bits">Of an integer: 8, 16, 32 or 64.</param>
/// <param name="Signed">Of an integer.</param>
/// <param name="Digits">Digits behind the second of times: 3, 6 or 9.</param>
/// <param name="Utc">Whether times are UTC, not local ones.</param>
internal readonly record struct LogicalType(LogicalKind Kind, int Scale = 0, int Bits = 0, bool Signed = true, int Digits = 0, bool Utc = false);

/// <summary>A node of the schema as the footer lists it, depth first.</summary>
internal readonly record struct SchemaElement(string Name, PhysicalType? Type, int Length, Repetition Repetition, int Children, LogicalType Logical);

/// <summary>What a writer says of the values of a chunk. Null where it says nothing.</summary>
/// <param name="Lowest">No value is below; as PLAIN stores it.</param>
/// <param name="Highest">No value is above.</param>
/// <param name="Nulls">Values that are null.</param>
internal sealed record ChunkStatistics(byte[]? Lowest, byte[]? Highest, long? Nulls);

/// <summary>One column of one row group.</summary>
/// <param name="Type">How values are stored.</param>
/// <param name="Codec">Number of the format's enum; see <see cref="PageCodec"/>.</param>
/// <param name="Values">Values, nulls included.</param>
/// <param name="Start">First byte of its first page.</param>
/// <param name="Bytes">Bytes of its pages with their headers.</param>
/// <param name="Unpacked">The same, unpacked.</param>
/// <param name="Statistics">Null when the writer keeps none.</param>
internal sealed record ColumnChunk(PhysicalType Type, int Codec, long Values, long Start, long Bytes, long Unpacked, ChunkStatistics? Statistics);

/// <summary>Rows that are stored together.</summary>
internal sealed record RowGroup(ColumnChunk[] Columns, long Rows);

/// <summary>All that the footer says.</summary>
/// <param name="Schema">Root first.</param>
/// <param name="Rows">Of all row groups.</param>
/// <param name="Groups">In order.</param>
/// <param name="Writer">The program that wrote the file, as it calls itself.</param>
internal sealed record ParquetFooter(SchemaElement[] Schema, long Rows, RowGroup[] Groups, string? Writer);

namespace Temper.Ingest;

/// <summary>What a column's values become as JSON.</summary>
internal enum LeafForm
{
    Bool,
    Int,
    UInt,
    Float,
    Double,
    Half,
    Decimal,
    DecimalBytes,
    Text,
    Json,
    Base64,
    Uuid,
    Date,
    Time,
    Timestamp,
    Int96,

    /// <summary>A column whose type nobody knows, because all its values are null, whatever is stored for them.</summary>
    Null,
}

/// <summary>Finds the form of a column.</summary>
internal static class LeafForms
{
    /// <summary>Digits of the widest decimals that any writer has.</summary>
    private const int MostDigits = 76;

    /// <summary>The form; what is stored must be able to hold what it is said to mean.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>FILE_UNSUPPORTED</c>, <c>FILE_CORRUPT</c>.</exception>
    public static LeafForm Of(LeafType leaf) => (leaf.Logical.Kind, leaf.Type) switch
    {
        (LogicalKind.Unknown, _) => LeafForm.Null,
        (LogicalKind.None or LogicalKind.Map or LogicalKind.List, _) => Plain(leaf.Type),
        (LogicalKind.Bson or LogicalKind.Geometry or LogicalKind.Geography, PhysicalType.ByteArray) => LeafForm.Base64,
        (LogicalKind.String or LogicalKind.Enum, PhysicalType.ByteArray) => LeafForm.Text,
        (LogicalKind.Json, PhysicalType.ByteArray) => LeafForm.Json,
        (LogicalKind.Decimal, PhysicalType.Int32 or PhysicalType.Int64) when HasScale(leaf) => LeafForm.Decimal,
        (LogicalKind.Decimal, PhysicalType.ByteArray or PhysicalType.FixedLenByteArray) when HasScale(leaf) => LeafForm.DecimalBytes,
        (LogicalKind.Date, PhysicalType.Int32) => LeafForm.Date,
        (LogicalKind.Time, PhysicalType.Int32) when leaf.Logical.Digits == 3 => LeafForm.Time,
        (LogicalKind.Time, PhysicalType.Int64) when leaf.Logical.Digits is 6 or 9 => LeafForm.Time,
        (LogicalKind.Timestamp, PhysicalType.Int64) when leaf.Logical.Digits > 0 => LeafForm.Timestamp,
        (LogicalKind.Integer, PhysicalType.Int32 or PhysicalType.Int64) => leaf.Logical.Signed ? LeafForm.Int : LeafForm.UInt,
        (LogicalKind.Uuid, PhysicalType.FixedLenByteArray) when leaf.Length == 16 => LeafForm.Uuid,
        (LogicalKind.Float16, PhysicalType.FixedLenByteArray) when leaf.Length == 2 => LeafForm.Half,
        (LogicalKind.Interval, _) => throw ParquetFault.Unsupported($"Column '{leaf.Path}' holds intervals, which are not read.", "Store the interval as a number, or leave the column out with `columns`."),
        _ => throw ParquetFault.Corrupt($"Column '{leaf.Path}' is said to be {leaf.Shown}, which cannot be stored as {leaf.Type}."),
    };

    private static LeafForm Plain(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => LeafForm.Bool,
        PhysicalType.Int32 or PhysicalType.Int64 => LeafForm.Int,
        PhysicalType.Int96 => LeafForm.Int96,
        PhysicalType.Float => LeafForm.Float,
        PhysicalType.Double => LeafForm.Double,
        _ => LeafForm.Base64,
    };

    private static bool HasScale(LeafType leaf) => leaf.Logical.Scale is >= 0 and <= MostDigits;
}

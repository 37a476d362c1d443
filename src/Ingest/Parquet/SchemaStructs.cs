namespace Temper.Ingest;

/// <summary>Elements of the schema as the footer stores them, older and newer annotations alike.</summary>
internal static class SchemaStructs
{
    public static SchemaElement Element(ref ThriftReader reader)
    {
        int physical = -1, length = 0, repetition = 0, children = 0, converted = -1, scale = 0;
        var name = "";
        LogicalType? logical = null;
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32): physical = reader.Int32(); break;
                case (2, ThriftType.Int32): length = reader.Int32(); break;
                case (3, ThriftType.Int32): repetition = reader.Int32(); break;
                case (4, ThriftType.Binary): name = reader.Text(); break;
                case (5, ThriftType.Int32): children = reader.Int32(); break;
                case (6, ThriftType.Int32): converted = reader.Int32(); break;
                case (7, ThriftType.Int32): scale = reader.Int32(); break;
                case (10, ThriftType.Struct): logical = Logical(ref reader); break;
                default: reader.Skip(type); break;
            }
        }
        return new(name, physical < 0 ? null : (PhysicalType)physical, length, (Repetition)repetition, children, logical ?? Converted(converted, scale));
    }

    /// <summary>A union: one field, whose id is the kind.</summary>
    private static LogicalType Logical(ref ThriftReader reader)
    {
        var found = default(LogicalType);
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            if (type == ThriftType.Struct)
                found = Facts(ref reader, (LogicalKind)id);
            else
                reader.Skip(type);
        }
        return found;
    }

    private static LogicalType Facts(ref ThriftReader reader, LogicalKind kind)
    {
        int number = 0, digits = 0;
        bool first = false, second = false;
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            if (type is ThriftType.True or ThriftType.False)
                (first, second) = id == 1 ? (type == ThriftType.True, second) : (first, type == ThriftType.True);
            else if (id == 1 && type is ThriftType.Int32 or ThriftType.Int64 or ThriftType.Int16)
                number = reader.Int32();
            else if (id == 1 && type == ThriftType.Byte)
                number = reader.Byte();
            else if (id == 2 && type == ThriftType.Struct)
                digits = Unit(ref reader);
            else
                reader.Skip(type);
        }
        return kind switch
        {
            LogicalKind.Decimal => new(kind, Scale: number),
            LogicalKind.Integer => new(kind, Bits: number, Signed: second),
            LogicalKind.Time or LogicalKind.Timestamp => new(kind, Digits: digits, Utc: first),
            _ => new(kind),
        };
    }

    private static int Unit(ref ThriftReader reader)
    {
        var digits = 0;
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            digits = id is >= 1 and <= 3 ? id * 3 : 0;
            reader.Skip(type);
        }
        return digits;
    }

    private static LogicalType Converted(int type, int scale) => type switch
    {
        0 => new(LogicalKind.String),
        1 or 2 => new(LogicalKind.Map),
        3 => new(LogicalKind.List),
        4 => new(LogicalKind.Enum),
        5 => new(LogicalKind.Decimal, Scale: scale),
        6 => new(LogicalKind.Date),
        7 => new(LogicalKind.Time, Digits: 3, Utc: true),
        8 => new(LogicalKind.Time, Digits: 6, Utc: true),
        9 => new(LogicalKind.Timestamp, Digits: 3, Utc: true),
        10 => new(LogicalKind.Timestamp, Digits: 6, Utc: true),
        >= 11 and <= 14 => new(LogicalKind.Integer, Bits: 8 << (type - 11), Signed: false),
        >= 15 and <= 18 => new(LogicalKind.Integer, Bits: 8 << (type - 15)),
        19 => new(LogicalKind.Json),
        20 => new(LogicalKind.Bson),
        21 => new(LogicalKind.Interval),
        _ => default,
    };
}

namespace Temper.Ingest;

/// <summary>
/// The structs of <c>parquet.thrift</c> (Apache Parquet 2.11) that reading needs. Fields of another type than the format gives them are passed over,
/// as Thrift's own readers do; what must be there is checked by whoever uses it.
/// </summary>
internal sealed class FooterStructs(ParquetLimits limits, string file)
{
    private int _chunks;

    public ParquetFooter File(ref ThriftReader reader)
    {
        SchemaElement[] schema = [];
        RowGroup[] groups = [];
        var (rows, writer, encrypted) = (-1L, (string?)null, false);
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (2, ThriftType.List):
                    schema = Schema(ref reader);
                    break;
                case (3, ThriftType.Int64):
                    rows = reader.Integer();
                    break;
                case (4, ThriftType.List):
                    groups = Groups(ref reader);
                    break;
                case (6, ThriftType.Binary):
                    writer = reader.Text();
                    break;
                default:
                    encrypted |= id == 8;
                    reader.Skip(type);
                    break;
            }
        }
        if (encrypted)
            throw ParquetFault.Unsupported($"Columns of '{file}' are encrypted.", "Write it again without encryption.");
        return new(schema, rows, groups, writer);
    }

    private SchemaElement[] Schema(ref ThriftReader reader)
    {
        var count = reader.List(out var type);
        if (count > limits.SchemaNodes)
            throw ParquetFault.TooLarge($"The schema of '{file}' has {count} nodes; at most {limits.SchemaNodes} are read.");
        var elements = new SchemaElement[count];
        for (var i = 0; i < count && IsStruct(ref reader, type); i++)
            elements[i] = SchemaStructs.Element(ref reader);
        return elements;
    }

    private RowGroup[] Groups(ref ThriftReader reader)
    {
        var count = reader.List(out var type);
        Count(count);
        var groups = new RowGroup[count];
        for (var i = 0; i < count && IsStruct(ref reader, type); i++)
            groups[i] = Group(ref reader);
        return reader.Failed ? [] : groups;
    }

    private RowGroup Group(ref ThriftReader reader)
    {
        ColumnChunk[] columns = [];
        var rows = -1L;
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            if ((id, type) == (1, ThriftType.List))
                columns = Columns(ref reader);
            else if ((id, type) == (3, ThriftType.Int64))
                rows = reader.Integer();
            else
                reader.Skip(type);
        }
        return new(columns, rows);
    }

    private ColumnChunk[] Columns(ref ThriftReader reader)
    {
        var count = reader.List(out var type);
        Count(count);
        var columns = new ColumnChunk[count];
        for (var i = 0; i < count && IsStruct(ref reader, type); i++)
            columns[i] = Column(ref reader);
        return columns;
    }

    private ColumnChunk Column(ref ThriftReader reader)
    {
        ColumnChunk? chunk = null;
        var (elsewhere, encrypted) = (false, false);
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            if ((id, type) == (3, ThriftType.Struct))
            {
                chunk = Chunk(ref reader);
                continue;
            }
            elsewhere |= id == 1;
            encrypted |= id is 8 or 9;
            reader.Skip(type);
        }
        if (elsewhere)
            throw ParquetFault.Unsupported($"'{file}' keeps columns in other files.", "Write it again as one file.");
        if (encrypted)
            throw ParquetFault.Unsupported($"Columns of '{file}' are encrypted.", "Write it again without encryption.");
        return chunk ?? (reader.Failed ? new(0, 0, 0, 0, 0, 0, null) : throw ParquetFault.Corrupt($"A column of '{file}' has no metadata."));
    }

    private static ColumnChunk Chunk(ref ThriftReader reader)
    {
        long physical = -1, codec = -1, values = -1, unpacked = 0, bytes = -1, data = -1, dictionary = -1;
        ChunkStatistics? statistics = null;
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32): physical = reader.Int32(); break;
                case (4, ThriftType.Int32): codec = reader.Int32(); break;
                case (5, ThriftType.Int64): values = reader.Integer(); break;
                case (6, ThriftType.Int64): unpacked = reader.Integer(); break;
                case (7, ThriftType.Int64): bytes = reader.Integer(); break;
                case (9, ThriftType.Int64): data = reader.Integer(); break;
                case (11, ThriftType.Int64): dictionary = reader.Integer(); break;
                case (12, ThriftType.Struct): statistics = Statistics(ref reader); break;
                default: reader.Skip(type); break;
            }
        }
        // Some writers put 0 where there is no dictionary.
        var start = dictionary >= FooterReader.Head && dictionary < data ? dictionary : data;
        return new((PhysicalType)physical, (int)codec, values, start, bytes, unpacked, statistics);
    }

    /// <summary>Bounds of fields 5 and 6 alone: what 1 and 2 compare by differs from writer to writer.</summary>
    private static ChunkStatistics Statistics(ref ThriftReader reader)
    {
        byte[]? lowest = null, highest = null;
        long? nulls = null;
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (3, ThriftType.Int64): nulls = reader.Integer(); break;
                case (5, ThriftType.Binary): highest = reader.Binary().ToArray(); break;
                case (6, ThriftType.Binary): lowest = reader.Binary().ToArray(); break;
                default: reader.Skip(type); break;
            }
        }
        return new(lowest, highest, nulls);
    }

    private static bool IsStruct(ref ThriftReader reader, ThriftType type) => reader.Require(type == ThriftType.Struct);

    private void Count(int more)
    {
        if (more > limits.Chunks - _chunks)
            throw ParquetFault.TooLarge($"The row groups of '{file}' have more than {limits.Chunks} column chunks.");
        _chunks += more;
    }
}

namespace Temper.Ingest;

/// <summary>What a page is; numbers of the format's enum.</summary>
internal enum PageKind
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}

/// <summary>A page's header.</summary>
internal record struct PageHeader()
{
    public int Kind = -1;

    /// <summary>Bytes unpacked, levels included.</summary>
    public int Unpacked = -1;

    /// <summary>Bytes in the file.</summary>
    public int Packed = -1;

    /// <summary>CRC-32 of the bytes in the file; null when the writer gives none.</summary>
    public uint? Crc;

    /// <summary>Values, nulls included; of a dictionary its entries.</summary>
    public int Values = -1;

    public PageEncoding Encoding = (PageEncoding)(-1);

    /// <summary>Of version 1: how definition levels are stored.</summary>
    public PageEncoding Definitions = PageEncoding.Rle;

    /// <summary>Of version 1: how repetition levels are stored.</summary>
    public PageEncoding Repetitions = PageEncoding.Rle;

    /// <summary>Of version 2: bytes of the definition levels.</summary>
    public int DefinitionBytes;

    /// <summary>Of version 2: bytes of the repetition levels.</summary>
    public int RepetitionBytes;

    /// <summary>Of version 2: whether the values are compressed; levels never are.</summary>
    public bool Compressed = true;

    /// <summary>Reads one from the reader's position.</summary>
    public static PageHeader Read(ref ThriftReader reader)
    {
        var header = new PageHeader();
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32): header.Kind = reader.Int32(); break;
                case (2, ThriftType.Int32): header.Unpacked = reader.Int32(); break;
                case (3, ThriftType.Int32): header.Packed = reader.Int32(); break;
                case (4, ThriftType.Int32): header.Crc = unchecked((uint)reader.Int32()); break;
                case (5 or 7, ThriftType.Struct): header.ReadV1(ref reader); break;
                case (8, ThriftType.Struct): header.ReadV2(ref reader); break;
                default: reader.Skip(type); break;
            }
        }
        return header;
    }

    /// <summary>Headers of data and of dictionaries begin alike.</summary>
    private void ReadV1(ref ThriftReader reader)
    {
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32): Values = reader.Int32(); break;
                case (2, ThriftType.Int32): Encoding = (PageEncoding)reader.Int32(); break;
                case (3, ThriftType.Int32): Definitions = (PageEncoding)reader.Int32(); break;
                case (4, ThriftType.Int32): Repetitions = (PageEncoding)reader.Int32(); break;
                default: reader.Skip(type); break;
            }
        }
    }

    private void ReadV2(ref ThriftReader reader)
    {
        short id = 0;
        while (reader.NextField(ref id, out var type))
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32): Values = reader.Int32(); break;
                case (4, ThriftType.Int32): Encoding = (PageEncoding)reader.Int32(); break;
                case (5, ThriftType.Int32): DefinitionBytes = reader.Int32(); break;
                case (6, ThriftType.Int32): RepetitionBytes = reader.Int32(); break;
                case (7, ThriftType.True or ThriftType.False): Compressed = type == ThriftType.True; break;
                default: reader.Skip(type); break;
            }
        }
    }
}

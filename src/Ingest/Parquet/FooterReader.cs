namespace Temper.Ingest;

/// <summary>Finds and reads the footer: <c>FileMetaData</c>, its length in four bytes, and <c>PAR1</c>.</summary>
internal static class FooterReader
{
    /// <summary>Bytes in front of the first page: the mark.</summary>
    public const int Head = 4;

    private const int Tail = 8;
    private const int FirstRead = 64 << 10;

    /// <summary>Reads the footer; in one request when it is small.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>FILE_…</c>.</exception>
    public static async Task<ParquetFooter> ReadAsync(RangeSource source, ParquetLimits limits, CancellationToken ct)
    {
        if (source.Length < Head + Tail)
            throw ParquetFault.Truncated($"'{source.Name}' has {source.Length} bytes; a Parquet file has at least {Head + Tail}.");
        var end = new byte[(int)Math.Min(source.Length, FirstRead)];
        await source.ReadAsync(source.Length - end.Length, end, ct).ConfigureAwait(false);
        var length = LengthOf(end, source);
        if (length > limits.FooterBytes)
            throw ParquetFault.TooLarge($"The footer of '{source.Name}' has {length} bytes; at most {limits.FooterBytes} are read.");
        if (length + Tail <= end.Length)
            return Parse(end.AsSpan(end.Length - Tail - length, length), source, limits);
        var footer = new byte[length];
        await source.ReadAsync(source.Length - Tail - length, footer, ct).ConfigureAwait(false);
        return Parse(footer, source, limits);
    }

    private static int LengthOf(byte[] end, RangeSource source)
    {
        var tail = end.AsSpan(end.Length - Tail);
        if (tail[4..].SequenceEqual("PARE"u8))
            throw ParquetFault.Unsupported($"'{source.Name}' is encrypted.", "Write it again without encryption.");
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw ParquetFault.Truncated($"'{source.Name}' does not end with PAR1, the mark of a whole Parquet file.");
        var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length == 0 || length > source.Length - Head - Tail)
            throw ParquetFault.Corrupt($"The footer of '{source.Name}' would have {length} bytes; the file has {source.Length}.");
        return (int)Math.Min(length, int.MaxValue);
    }

    private static ParquetFooter Parse(ReadOnlySpan<byte> bytes, RangeSource source, ParquetLimits limits)
    {
        var reader = new ThriftReader(bytes);
        var parsed = new FooterStructs(limits, source.Name).File(ref reader);
        if (reader.Failed)
            throw ParquetFault.Corrupt($"The footer of '{source.Name}' is damaged at its byte {reader.Position} of {bytes.Length}.");
        Check(parsed, source, source.Length - Tail - bytes.Length);
        return parsed;
    }

    /// <summary>What the footer says must lie inside the file and add up, before anything is read by it.</summary>
    private static void Check(ParquetFooter footer, RangeSource source, long end)
    {
        if (footer.Schema.Length == 0)
            throw ParquetFault.Corrupt($"The footer of '{source.Name}' has no schema.");
        var rows = 0L;
        foreach (var (group, index) in footer.Groups.Select((group, index) => (group, index)))
        {
            if (group.Rows < 0 || group.Rows > long.MaxValue - rows)
                throw ParquetFault.Corrupt($"Row group {index} of '{source.Name}' would have {group.Rows} rows.");
            rows += group.Rows;
            foreach (var chunk in group.Columns)
            {
                if (chunk.Values < 0 || chunk.Start < Head || chunk.Bytes < 0 || chunk.Start > end || chunk.Bytes > end - chunk.Start)
                    throw ParquetFault.Corrupt($"A column of row group {index} of '{source.Name}' would lie at byte {chunk.Start} with {chunk.Bytes} bytes; pages lie between {Head} and {end}.");
            }
        }
        if (rows != footer.Rows)
            throw ParquetFault.Corrupt($"The footer of '{source.Name}' says {footer.Rows} rows; its row groups have {rows}.");
    }
}

using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>Rows as the bytes of a JSON-lines file, made as they are read: the same bytes each time.</summary>
internal abstract class RowStream : ForwardStream
{
    private readonly ByteBuffer _line = new(4 << 10);
    private int _given;
    private long _skip;

    /// <param name="offset">Bytes to pass over at the begin.</param>
    protected RowStream(long offset) => _skip = offset;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_given == _line.Length)
        {
            _line.Clear();
            _given = 0;
            if (!await NextAsync(_line, cancellationToken).ConfigureAwait(false))
                return 0;
            _line.Add((byte)'\n');
            var passed = (int)Math.Min(_skip, _line.Length);
            (_given, _skip) = (passed, _skip - passed);
        }
        var count = Math.Min(buffer.Length, _line.Length - _given);
        _line.WrittenMemory.Slice(_given, count).CopyTo(buffer);
        _given += count;
        return count;
    }

    /// <summary>Writes the next row without a newline; false at the end.</summary>
    protected abstract ValueTask<bool> NextAsync(ByteBuffer line, CancellationToken ct);
}

/// <summary>Rows of a Parquet file that a query keeps.</summary>
internal sealed class ParquetRowStream(ParquetRowReader reader, long offset) : RowStream(offset)
{
    protected override async ValueTask<bool> NextAsync(ByteBuffer line, CancellationToken ct)
    {
        if (!await reader.ReadAsync(ct).ConfigureAwait(false))
            return false;
        line.Add(reader.Row);
        return true;
    }
}

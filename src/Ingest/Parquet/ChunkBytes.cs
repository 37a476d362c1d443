namespace Temper.Ingest;

/// <summary>The bytes of one column chunk, read ahead a window at a time.</summary>
internal sealed class ChunkBytes(RangeSource source, ColumnChunk chunk, string column, ParquetLimits limits)
{
    private byte[] _window = [];
    private int _start, _end;
    private long _fetched;

    /// <summary>Whether every byte was taken.</summary>
    public bool AtEnd => _start == _end && _fetched == chunk.Bytes;

    /// <summary>The header of the page that comes next.</summary>
    public async ValueTask<PageHeader> HeaderAsync(CancellationToken ct)
    {
        for (var wanted = 1 << 10; ; wanted = Math.Min(wanted * 4, limits.PageHeaderBytes))
        {
            await EnsureAsync(wanted, ct).ConfigureAwait(false);
            if (TryHeader(out var header, out var isShort))
                return header;
            if (!isShort || _end - _start < wanted)
                throw ParquetFault.Corrupt($"Column '{column}' of '{source.Name}': there is no page header at byte {chunk.Start + _fetched - (_end - _start)}.");
            if (wanted == limits.PageHeaderBytes)
                throw ParquetFault.TooLarge($"Column '{column}' of '{source.Name}': a page's header has more than {wanted} bytes.");
        }
    }

    /// <summary>Takes bytes that lie inside the chunk.</summary>
    public async ValueTask TakeAsync(Memory<byte> target, CancellationToken ct)
    {
        var here = Math.Min(target.Length, _end - _start);
        _window.AsSpan(_start, here).CopyTo(target.Span);
        _start += here;
        var left = target[here..];
        if (left.IsEmpty)
            return;
        if (left.Length > chunk.Bytes - _fetched)
            throw ParquetFault.Corrupt($"Column '{column}' of '{source.Name}': a page goes {left.Length - (chunk.Bytes - _fetched)} bytes beyond its column's end.");
        if (left.Length < limits.WindowBytes / 2)
        {
            await EnsureAsync(left.Length, ct).ConfigureAwait(false);
            _window.AsSpan(_start, left.Length).CopyTo(left.Span);
            _start += left.Length;
            return;
        }
        await source.ReadAsync(chunk.Start + _fetched, left, ct).ConfigureAwait(false);
        _fetched += left.Length;
    }

    /// <summary>Bytes that are left.</summary>
    public long Left => chunk.Bytes - _fetched + (_end - _start);

    private bool TryHeader(out PageHeader header, out bool isShort)
    {
        var reader = new ThriftReader(_window.AsSpan(_start, _end - _start));
        header = PageHeader.Read(ref reader);
        isShort = reader.Short;
        if (!reader.Failed)
            _start += reader.Position;
        return !reader.Failed;
    }

    /// <summary>Has that many bytes in the window, unless the chunk ends.</summary>
    private async ValueTask EnsureAsync(int count, CancellationToken ct)
    {
        if (_end - _start >= count || _fetched == chunk.Bytes)
            return;
        var kept = _end - _start;
        var next = (int)Math.Min(Math.Max(limits.WindowBytes, count) - (long)kept, chunk.Bytes - _fetched);
        var window = _window.Length >= kept + next ? _window : new byte[kept + next];
        _window.AsSpan(_start, kept).CopyTo(window);
        (_window, _start, _end) = (window, 0, kept);
        await source.ReadAsync(chunk.Start + _fetched, window.AsMemory(kept, next), ct).ConfigureAwait(false);
        (_fetched, _end) = (_fetched + next, kept + next);
    }
}

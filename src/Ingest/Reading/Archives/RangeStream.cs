namespace Temper.Ingest;

/// <summary>The next bytes of a stream, and no more of them. Closing it leaves the stream open.</summary>
internal sealed class RangeStream(Stream source, long length) : ReadStream
{
    private long _left = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0)
            return 0;
        var read = await source.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
        _left -= read;
        return read;
    }
}

/// <summary>Bytes that were read already, and then a stream. Closing it leaves the stream open.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> begin, Stream rest) : ReadStream
{
    private ReadOnlyMemory<byte> _begin = begin;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_begin.IsEmpty)
            return rest.ReadAsync(buffer, cancellationToken);
        var read = Math.Min(buffer.Length, _begin.Length);
        _begin[..read].CopyTo(buffer);
        _begin = _begin[read..];
        return ValueTask.FromResult(read);
    }
}

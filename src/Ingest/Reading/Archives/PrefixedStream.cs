using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>Bytes that were read already, and then a stream. Closing it leaves the stream open.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> begin, Stream rest) : ForwardStream
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

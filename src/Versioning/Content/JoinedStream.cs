using Temper.Core.Files;

namespace Temper.Versioning.Content;

/// <summary>Bytes that were read already, then the rest of the stream that they came from, which stays open.</summary>
internal sealed class JoinedStream(ReadOnlyMemory<byte> begin, Stream rest) : ForwardStream
{
    private int _at;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at == begin.Length)
            return await rest.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, begin.Length - _at);
        begin.Slice(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }
}

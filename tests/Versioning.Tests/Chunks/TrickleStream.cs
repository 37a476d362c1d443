using Temper.Core.Files;

namespace Temper.Versioning.Tests;

/// <summary>Bytes as a slow connection hands them out: some at a time, no length known.</summary>
internal sealed class TrickleStream(byte[] content, int seed) : ForwardStream
{
    private readonly Random _random = new(seed);
    private int _at;

    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(Math.Min(buffer.Length, content.Length - _at), 1 + _random.Next(200_000));
        content.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }
}

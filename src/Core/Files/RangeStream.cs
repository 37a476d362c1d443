namespace Temper.Core.Files;

/// <summary>The next bytes of a stream, and no more of them.</summary>
/// <param name="inner">Where they stand.</param>
/// <param name="length">How many; fewer where the stream ends before.</param>
/// <param name="leaveOpen">Whether closing this one leaves <paramref name="inner"/> open.</param>
public sealed class RangeStream(Stream inner, long length, bool leaveOpen = false) : ForwardStream
{
    private long _position;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position { get => _position; set => base.Position = value; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer[..Within(buffer.Length)]);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // At the end nothing is asked of the inner stream, which others may be reading on by then.
        if (_position == length)
            return 0;
        var count = await inner.ReadAsync(buffer[..Within(buffer.Length)], cancellationToken).ConfigureAwait(false);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!leaveOpen)
            await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private int Within(int asked) => (int)Math.Min(asked, length - _position);
}

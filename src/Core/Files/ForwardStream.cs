namespace Temper.Core.Files;

/// <summary>
/// A stream that is only read, and only forward. Deriving from it leaves <see cref="Stream.ReadAsync(Memory{byte}, CancellationToken)"/> or
/// <see cref="Read(Span{byte})"/> to write; one that is not written throws <see cref="NotSupportedException"/>, as does all that a forward stream cannot do.
/// </summary>
public abstract class ForwardStream : Stream
{
    private const string Forward = "This stream reads forward only.";

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException(Forward);

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(Forward); set => throw new NotSupportedException(Forward); }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => throw new NotSupportedException("This stream reads asynchronously only.");

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() { }

    /// <summary>Reads by waiting for the asynchronous read: for streams over a network, whose callers read asynchronously but for a few.</summary>
    protected int ReadByWaiting(Span<byte> buffer)
    {
        var copy = new byte[buffer.Length];
        var count = ReadAsync(copy.AsMemory()).AsTask().GetAwaiter().GetResult();
        copy.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException(Forward);

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("This stream is read only.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read only.");
}

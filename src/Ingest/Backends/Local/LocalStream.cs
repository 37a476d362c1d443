using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// Reads one version of a file, forward. The state is asked for after each read, before its bytes are given out: a write shows in the file's times
/// before it shows in its bytes.
/// </summary>
internal sealed class LocalStream : Stream
{
    private readonly FileStream _file;
    private readonly DataItem _item;
    private readonly string _address;
    private long _left;

    /// <summary>Owns <paramref name="file"/>; reads at most <paramref name="length"/> bytes from where it stands.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c>.</exception>
    public LocalStream(FileStream file, DataItem item, string address, long? length)
    {
        (_file, _item, _address, _left) = (file, item, address, length ?? long.MaxValue);
        Check();
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("This stream reads forward only.");

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException("This stream reads forward only."); set => throw new NotSupportedException("This stream reads forward only."); }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = _file.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        return Counted(count);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        return Counted(count);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream reads forward only.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("This stream is read only.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read only.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }

    private int Counted(int count)
    {
        Check();
        _left -= count;
        return count;
    }

    private void Check()
    {
        if (FileState.Of(_file.SafeFileHandle).Version != _item.Version)
            throw LocalFiles.Changed(_item.Path, _address);
    }
}

using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.Safety;

/// <summary>A stored file that can be read from any place, as <see cref="FormatPolicy"/> wants it: a seek opens the file anew at its chunk.</summary>
internal sealed class StoredFileStream(IObjectStore store, Digest file, long length) : Stream
{
    private Stream? _open;
    private long _openAt;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (Position >= length || buffer.IsEmpty)
            return 0;
        MoveAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return Count(_open!.Read(buffer));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= length || buffer.IsEmpty)
            return 0;
        await MoveAsync(cancellationToken);
        return Count(await _open!.ReadAsync(buffer, cancellationToken));
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? Position : length);

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException("This stream is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read only.");

    public override async ValueTask DisposeAsync()
    {
        if (_open is not null)
            await _open.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _open?.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask MoveAsync(CancellationToken ct)
    {
        if (_open is not null && _openAt == Position)
            return;
        if (_open is not null)
            await _open.DisposeAsync();
        _open = await store.OpenFileAsync(file, Position, null, ct);
        _openAt = Position;
    }

    private int Count(int read)
    {
        Position += read;
        _openAt = Position;
        return read;
    }
}

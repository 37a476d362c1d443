namespace Temper.Storage.Folder;

/// <summary>Several files read as one stream.</summary>
internal sealed class JoinedFiles(IEnumerable<string> paths) : Stream
{
    private readonly Queue<string> _waiting = new(paths);
    private FileStream? _current;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The length is not known beforehand.");

    public override long Position { get => throw new NotSupportedException("This stream reads forward only."); set => throw new NotSupportedException("This stream reads forward only."); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (_current is not null || _waiting.Count > 0)
        {
            _current ??= Open(_waiting.Dequeue());
            var count = _current.Read(buffer);
            if (count > 0 || buffer.IsEmpty)
                return count;
            _current.Dispose();
            _current = null;
        }
        return 0;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream reads forward only.");

    public override void SetLength(long value) => throw new NotSupportedException("This stream is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read only.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current?.Dispose();
        base.Dispose(disposing);
    }

    private static FileStream Open(string path) =>
        FolderFiles.Guarded(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
}

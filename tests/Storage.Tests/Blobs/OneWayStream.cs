namespace Temper.Storage.Tests.Blobs;

/// <summary>Bytes that can be read once, forward, as from a network.</summary>
internal sealed class OneWayStream(byte[] content) : Stream
{
    private int _given;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var give = Math.Min(count, content.Length - _given);
        content.AsSpan(_given, give).CopyTo(buffer.AsSpan(offset));
        _given += give;
        return give;
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

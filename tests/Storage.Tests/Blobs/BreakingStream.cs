namespace Temper.Storage.Tests.Blobs;

/// <summary>Content whose source fails after some bytes, as a client that hangs up does.</summary>
internal sealed class BreakingStream(long after) : Stream
{
    private long _given;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => _given; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_given >= after)
            throw new InvalidDataException("the source broke off");
        var give = (int)Math.Min(count, after - _given);
        _given += give;
        return give;
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

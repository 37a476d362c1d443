namespace Temper.Training.Ranks;

/// <summary>Writes messages into a pipe. Safe from several threads; a message is never torn.</summary>
internal sealed class FrameWriter(Stream target) : IDisposable
{
    private readonly BufferedStream _target = new(target, 1 << 16);
    private readonly Lock _gate = new();

    /// <summary>Writes one message, whose body is two spans one after the other; <paramref name="flush"/> sends it and all before it on their way.</summary>
    /// <exception cref="IOException">The reader is gone.</exception>
    public void Write(FrameKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, bool flush = true)
    {
        Span<byte> head = stackalloc byte[FrameHead.Size];
        var length = checked(first.Length + second.Length);
        if (length > FrameHead.Most(kind))
            throw new InvalidDataException($"a message {kind} of {length} bytes; at most {FrameHead.Most(kind)} can be sent");
        var check = FrameHead.Sum(FrameHead.Sum(0, first), second);
        new FrameHead(kind, length, check).Write(head);
        lock (_gate)
        {
            _target.Write(head);
            _target.Write(first);
            _target.Write(second);
            if (flush)
                _target.Flush();
        }
    }

    /// <summary>Sends what was written on its way.</summary>
    public void Flush()
    {
        lock (_gate)
            _target.Flush();
    }

    /// <summary>Closes the pipe; what was not sent is lost.</summary>
    public void Dispose()
    {
        try
        {
            target.Dispose();
        }
        catch (IOException)
        {
            // The other side is gone, which is what closing tells.
        }
    }
}

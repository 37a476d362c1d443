using System.Buffers;

namespace Temper.Training.Ranks;

/// <summary>Reads messages from a pipe. What the other side says of sizes is never believed: memory grows with the bytes that arrive.</summary>
/// <param name="source">The pipe, buffered; not owned.</param>
internal sealed class FrameReader(BufferedStream source)
{
    private const int AtOnce = 1 << 20;
    private readonly byte[] _head = new byte[FrameHead.Size];

    /// <summary>The next message; null when the pipe ends between two.</summary>
    /// <exception cref="InvalidDataException">It is not one of ours, or was changed on its way.</exception>
    /// <exception cref="EndOfStreamException">The pipe ends within one.</exception>
    public Frame? Read()
    {
        if (source.ReadAtLeast(_head, _head.Length, throwOnEndOfStream: false) is var read && read < _head.Length)
            return read == 0 ? null : throw new EndOfStreamException("the pipe ends within a message");
        var head = FrameHead.Read(_head);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, Math.Min(head.Length, AtOnce)));
        try
        {
            for (var at = 0; at < head.Length;)
            {
                if (at == buffer.Length)
                    buffer = Larger(buffer, head.Length);
                var take = Math.Min(buffer.Length, head.Length) - at;
                source.ReadExactly(buffer, at, take);
                at += take;
            }
            if (FrameHead.Sum(0, buffer.AsSpan(0, head.Length)) != head.Check)
                throw new InvalidDataException($"a message {head.Kind} of {head.Length} bytes is not what was sent");
            return new(head.Kind, buffer, head.Length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static byte[] Larger(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, 2L * buffer.Length));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

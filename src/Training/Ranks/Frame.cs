using System.Buffers;

namespace Temper.Training.Ranks;

/// <summary>What the processes of one job say to each other.</summary>
internal enum FrameKind : byte
{
    /// <summary>A follower has loaded its model: what it is made from.</summary>
    Hello = 1,

    /// <summary>A piece of the trained tensors.</summary>
    Weights,

    /// <summary>A follower has them: their digest, as it holds them.</summary>
    Replica,

    /// <summary>A micro-batch to learn from or to measure.</summary>
    Micro,

    /// <summary>Its loss and what was counted.</summary>
    Losses,

    /// <summary>A piece of the gradients summed so far.</summary>
    Slope,

    /// <summary>A follower cannot go on: its problems.</summary>
    Failed,

    /// <summary>A follower still runs. Said every few seconds, whatever else it does.</summary>
    Alive,
}

/// <summary>One message, in memory that goes back to the pool when it is disposed.</summary>
internal sealed class Frame(FrameKind kind, byte[] buffer, int length) : IDisposable
{
    private byte[]? _buffer = buffer;

    public FrameKind Kind => kind;

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(0, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } spent)
            ArrayPool<byte>.Shared.Return(spent);
    }
}

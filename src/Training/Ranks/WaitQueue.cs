using System.Threading.Channels;

namespace Temper.Training.Ranks;

/// <summary>Messages between the thread that hears them and the one that computes.</summary>
internal sealed class WaitQueue<T>
{
    private readonly Channel<T> _items = Channel.CreateUnbounded<T>();

    public void Add(T item) => _items.Writer.TryWrite(item);

    /// <summary>No more will come.</summary>
    public void Complete() => _items.Writer.TryComplete();

    /// <summary>The next one; waits.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> asked for it.</exception>
    /// <exception cref="ChannelClosedException">None will come.</exception>
    public T Take(CancellationToken ct) => _items.Reader.TryRead(out var item) ? item : _items.Reader.ReadAsync(ct).AsTask().GetAwaiter().GetResult();
}

using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>
/// Runs an engine's callbacks of the backward pass. On a GPU libtorch calls them on a thread of its own, which has no scope and which no exception may reach. The
/// binding wraps the slope that comes in, takes the result by its handle, and frees neither: both are kept here until the thread's next callback, by which
/// time libtorch holds what it needs itself, and the last ones until the whole pass has ended. A failure waits until the engine asks.
/// </summary>
internal sealed class Callbacks
{
    private readonly ConcurrentDictionary<int, List<T>> _kept = new();
    private ExceptionDispatchInfo? _failure;

    /// <summary>The result of <paramref name="slope"/>; where that fails, of <paramref name="instead"/>.</summary>
    /// <param name="incoming">The slope of what the callback's function gave.</param>
    /// <param name="slope">The slope of what the function took, a tensor of its own.</param>
    /// <param name="instead">Something of the same shape.</param>
    public T Run(T incoming, Func<T, T> slope, Func<T> instead)
    {
        var kept = _kept.GetOrAdd(Environment.CurrentManagedThreadId, _ => []);
        // A callback that runs inside another one frees what its siblings left; what the outer one uses is not kept yet.
        Free(kept);
        using var scope = torch.NewDisposeScope();
        var result = Try(incoming, slope, instead).DetachFromDisposeScope();
        kept.Add(incoming.DetachFromDisposeScope());
        kept.Add(result);
        return result;
    }

    /// <summary>The pass has ended: no callback runs any more.</summary>
    public void End()
    {
        foreach (var kept in _kept.Values)
            Free(kept);
        _kept.Clear();
    }

    /// <summary>Throws the first thing that went wrong in the last pass.</summary>
    public void Throw() => Interlocked.Exchange(ref _failure, null)?.Throw();

    private T Try(T incoming, Func<T, T> slope, Func<T> instead)
    {
        try
        {
            return slope(incoming);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            return instead();
        }
    }

    private static void Free(List<T> kept)
    {
        kept.ForEach(tensor => tensor.Dispose());
        kept.Clear();
    }
}

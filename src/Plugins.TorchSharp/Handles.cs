using Temper.Tensors;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>Counts the bytes of the tensors that were handed out and still live.</summary>
internal sealed class Handles
{
    private const int PruneEvery = 4096;
    private readonly List<WeakReference<T>> _handed = [];
    private long _peak;
    private int _untilPrune = PruneEvery;

    public void Add(T tensor)
    {
        _handed.Add(new(tensor));
        if (--_untilPrune == 0)
            Measure();
    }

    public MemoryUse Measure()
    {
        var live = 0L;
        _handed.RemoveAll(reference =>
        {
            if (!reference.TryGetTarget(out var tensor) || tensor.IsInvalid)
                return true;
            live += tensor.NumberOfElements * tensor.ElementSize;
            return false;
        });
        _untilPrune = PruneEvery;
        _peak = Math.Max(_peak, live);
        return new(live, 0, _peak);
    }
}

using Temper.Tensors;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>Attention masks on the device. All layers of a batch ask for the same ones, so they stay until there are too many.</summary>
internal sealed class Masks : IDisposable
{
    /// <summary>Elements kept, a byte each.</summary>
    private const long Most = 1 << 26;

    private readonly Dictionary<(bool Causal, int Window, int Queries, int Keys), T> _known = [];
    private long _elements;

    /// <summary>Which key a query sees: [T, S], true where it does. It belongs to this object and holds until the next call.</summary>
    /// <param name="spec">What is seen.</param>
    /// <param name="queries">T.</param>
    /// <param name="keys">S.</param>
    /// <param name="upload">Takes the mask to the device.</param>
    public T Visible(AttentionSpec spec, int queries, int keys, Func<bool[], T> upload)
    {
        var key = (spec.Causal, spec.Window, queries, keys);
        if (_known.TryGetValue(key, out var known))
            return known;
        var elements = (long)queries * keys;
        if (_elements + elements > Most)
            Dispose();
        _elements += elements;
        return _known[key] = upload(Seen(spec, queries, keys)).DetachFromDisposeScope();
    }

    /// <summary>Forgets all; the graph keeps what it needs.</summary>
    public void Dispose()
    {
        foreach (var mask in _known.Values)
            mask.Dispose();
        _known.Clear();
        _elements = 0;
    }

    private static bool[] Seen(AttentionSpec spec, int queries, int keys)
    {
        var seen = new bool[(long)queries * keys];
        for (var i = 0; i < queries; i++)
        {
            var position = keys - queries + i;
            for (var j = 0; j < keys; j++)
                seen[(long)i * keys + j] = (!spec.Causal || j <= position) && (spec.Window == 0 || Math.Abs(position - j) < spec.Window);
        }
        return seen;
    }
}

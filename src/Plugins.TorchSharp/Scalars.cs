using TorchSharp;

namespace Temper.Plugins.TorchSharp;

/// <summary>Numbers as libtorch takes them, each made once and held for the engine's life: the binding lets the collector free a temporary one while
/// the native call still reads it.</summary>
internal sealed class Scalars : IDisposable
{
    private const int Most = 4096;
    private readonly Dictionary<double, Scalar> _known = [];
    private readonly List<Scalar> _old = [];

    /// <summary>The number as a scalar that outlives the call.</summary>
    public Scalar this[double value]
    {
        get
        {
            if (_known.TryGetValue(value, out var scalar))
                return scalar;
            Forget();
            return _known[value] = value.ToScalar();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var scalar in _known.Values.Concat(_old))
            scalar.Dispose();
    }

    /// <summary>A schedule makes a new learning rate every step: what is old enough to be in no running call is freed.</summary>
    private void Forget()
    {
        if (_known.Count < Most)
            return;
        _old.ForEach(scalar => scalar.Dispose());
        _old.Clear();
        _old.AddRange(_known.Values);
        _known.Clear();
    }
}

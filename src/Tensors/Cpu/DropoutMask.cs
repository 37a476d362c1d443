using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Applies a <see cref="DropoutSpec"/>; the mask is computed again wherever it is needed.</summary>
internal readonly unsafe struct DropoutMask<T> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
{
    private readonly RandomKey key;
    private readonly uint threshold;
    private readonly T keep;

    public DropoutMask(DropoutSpec spec)
    {
        if (!(spec.P >= 0 && spec.P < 1)) throw new ArgumentOutOfRangeException(nameof(spec), spec.P, "dropout: P must be inside [0, 1)");
        key = spec.Key;
        IsOff = spec.P == 0;
        threshold = (uint)(spec.P * 4294967296.0);
        keep = T.CreateChecked(1 / (1 - (double)spec.P));
    }

    public bool IsOff { get; }

    /// <summary>y = mask · x (or +=) for elements [from, to); from is a multiple of 4.</summary>
    [MethodImpl(Kernel.Alone)]
    public void Apply(T* x, T* y, long from, long to, bool accumulate)
    {
        for (var i = from; i < to; i += 4)
        {
            var (a, b, c, d) = Philox.Block(key, checked((uint)(i >> 2)));
            Put(x, y, i, to, a, accumulate);
            Put(x, y, i + 1, to, b, accumulate);
            Put(x, y, i + 2, to, c, accumulate);
            Put(x, y, i + 3, to, d, accumulate);
        }
    }

    private void Put(T* x, T* y, long i, long to, uint bits, bool accumulate)
    {
        if (i >= to) return;
        var value = bits < threshold ? T.Zero : x[i] * keep;
        y[i] = accumulate ? y[i] + value : value;
    }
}

using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>One row of RMS or layer normalisation. Sums run over sixteen lanes.</summary>
internal static unsafe class Norms<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    /// <summary>y = x · r · (plus + w) with r = 1/√(mean x² + eps), which is returned.</summary>
    [MethodImpl(Kernel.Alone)]
    public static T Rms(T* x, T* w, T* y, long n, T epsilon, T plus)
    {
        var squares = V.Zero;
        for (long i = 0; i < n; i += 16)
        {
            var v = Part<T, V>.Load(x + i, n - i);
            squares = V.Fma(v, v, squares);
        }

        var r = T.One / T.Sqrt(squares.Sum() / T.CreateChecked(n) + epsilon);
        var (factor, one) = (V.Broadcast(r), V.Broadcast(plus));
        for (long i = 0; i < n; i += 16)
            Part<T, V>.Store(Part<T, V>.Load(x + i, n - i) * factor * (one + Part<T, V>.Load(w + i, n - i)), y + i, n - i);
        return r;
    }

    /// <summary>dx (set or add): r·(g - x·r²·mean(g·x)) with g = dy · (plus + w).</summary>
    [MethodImpl(Kernel.Alone)]
    public static void RmsBack(T* x, T* w, T* dy, T* dx, long n, T r, T plus, bool accumulate)
    {
        var (one, dot) = (V.Broadcast(plus), V.Zero);
        for (long i = 0; i < n; i += 16)
            dot = V.Fma(Part<T, V>.Load(dy + i, n - i) * (one + Part<T, V>.Load(w + i, n - i)), Part<T, V>.Load(x + i, n - i), dot);
        var (factor, pull) = (V.Broadcast(r), V.Broadcast(-(dot.Sum() / T.CreateChecked(n)) * r * r * r));
        for (long i = 0; i < n; i += 16)
        {
            var left = n - i;
            var g = Part<T, V>.Load(dy + i, left) * (one + Part<T, V>.Load(w + i, left));
            var value = V.Fma(Part<T, V>.Load(x + i, left), pull, g * factor);
            Part<T, V>.Store(accumulate ? Part<T, V>.Load(dx + i, left) + value : value, dx + i, left);
        }
    }

    /// <summary>y = (x - mean)·r·w + b with r = 1/√(variance + eps). b may be null.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void Layer(T* x, T* w, T* b, T* y, long n, T epsilon, T* mean, T* r)
    {
        var sum = V.Zero;
        for (long i = 0; i < n; i += 16) sum += Part<T, V>.Load(x + i, n - i);
        *mean = sum.Sum() / T.CreateChecked(n);
        var (middle, squares) = (V.Broadcast(*mean), V.Zero);
        for (long i = 0; i < n; i += 16)
        {
            var v = Part<T, V>.Load(x + i, n - i, *mean) - middle;
            squares = V.Fma(v, v, squares);
        }

        *r = T.One / T.Sqrt(squares.Sum() / T.CreateChecked(n) + epsilon);
        var factor = V.Broadcast(*r);
        for (long i = 0; i < n; i += 16)
        {
            var v = (Part<T, V>.Load(x + i, n - i) - middle) * factor * Part<T, V>.Load(w + i, n - i);
            Part<T, V>.Store(b == null ? v : v + Part<T, V>.Load(b + i, n - i), y + i, n - i);
        }
    }

    /// <summary>dx (set or add): r·(g - mean(g) - z·mean(g·z)) with g = dy·w and z = (x - mean)·r.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void LayerBack(T* x, T* w, T* dy, T* dx, long n, T mean, T r, bool accumulate)
    {
        var (middle, factor, sum, dot) = (V.Broadcast(mean), V.Broadcast(r), V.Zero, V.Zero);
        for (long i = 0; i < n; i += 16)
        {
            var g = Part<T, V>.Load(dy + i, n - i) * Part<T, V>.Load(w + i, n - i);
            sum += g;
            dot = V.Fma(g, (Part<T, V>.Load(x + i, n - i, mean) - middle) * factor, dot);
        }

        var (meanG, meanZ) = (V.Broadcast(sum.Sum() / T.CreateChecked(n)), V.Broadcast(dot.Sum() / T.CreateChecked(n)));
        for (long i = 0; i < n; i += 16)
        {
            var left = n - i;
            var z = (Part<T, V>.Load(x + i, left) - middle) * factor;
            var value = (Part<T, V>.Load(dy + i, left) * Part<T, V>.Load(w + i, left) - meanG - z * meanZ) * factor;
            Part<T, V>.Store(accumulate ? Part<T, V>.Load(dx + i, left) + value : value, dx + i, left);
        }
    }

    /// <summary>dw += dy · (x - mean) · r.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void WeightBack(T* x, T* dy, T* dw, long n, T mean, T r)
    {
        var (middle, factor) = (V.Broadcast(mean), V.Broadcast(r));
        for (long i = 0; i < n; i += 16)
        {
            var z = (Part<T, V>.Load(x + i, n - i) - middle) * factor;
            Part<T, V>.Store(V.Fma(Part<T, V>.Load(dy + i, n - i), z, Part<T, V>.Load(dw + i, n - i)), dw + i, n - i);
        }
    }
}

using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Softmax of one contiguous row.</summary>
internal static unsafe class SoftmaxRow<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    [MethodImpl(Kernel.Alone)]
    public static void Forward(T* x, T* y, long n)
    {
        var top = V.Broadcast(T.NegativeInfinity);
        for (long i = 0; i < n; i += 16) top = V.Max(Part<T, V>.Load(x + i, n - i, T.NegativeInfinity), top);
        var (shift, sum) = (V.Broadcast(top.Largest()), V.Zero);
        for (long i = 0; i < n; i += 16)
        {
            var e = V.Exp(Part<T, V>.Load(x + i, n - i, T.NegativeInfinity) - shift);
            Part<T, V>.Store(e, y + i, n - i);
            sum += e;
        }

        Pointwise<T, V>.Scale(y, T.One / sum.Sum(), y, n, false);
    }

    /// <summary>dx (set or add) = y · (dy - Σ y·dy).</summary>
    [MethodImpl(Kernel.Alone)]
    public static void Backward(T* y, T* dy, T* dx, long n, bool accumulate)
    {
        var dot = V.Zero;
        for (long i = 0; i < n; i += 16) dot = V.Fma(Part<T, V>.Load(y + i, n - i), Part<T, V>.Load(dy + i, n - i), dot);
        var mean = V.Broadcast(dot.Sum());
        for (long i = 0; i < n; i += 16)
        {
            var value = Part<T, V>.Load(y + i, n - i) * (Part<T, V>.Load(dy + i, n - i) - mean);
            Part<T, V>.Store(accumulate ? Part<T, V>.Load(dx + i, n - i) + value : value, dx + i, n - i);
        }
    }
}

using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Rotary embedding of one head.</summary>
internal static unsafe class Rotation<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    /// <summary>(a, b) → (a·cos - b·sin, b·cos + a·sin) for the two halves; sign -1 turns back.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void Head(T* x, T* y, T* cos, T* sin, int half, int size, T sign, bool accumulate)
    {
        var turn = V.Broadcast(sign);
        for (long i = 0; i < half; i += 16)
        {
            var left = half - i;
            V c = Part<T, V>.Load(cos + i, left), s = Part<T, V>.Load(sin + i, left) * turn;
            V a = Part<T, V>.Load(x + i, left), b = Part<T, V>.Load(x + half + i, left);
            Put(V.Fma(a, c, V.Zero - b * s), y + i, left, accumulate);
            Put(V.Fma(b, c, a * s), y + half + i, left, accumulate);
        }

        for (long i = 2 * half; i < size; i++) y[i] = accumulate ? y[i] + x[i] : x[i];
    }

    private static void Put(V value, T* target, long count, bool accumulate) =>
        Part<T, V>.Store(accumulate ? Part<T, V>.Load(target, count) + value : value, target, count);
}

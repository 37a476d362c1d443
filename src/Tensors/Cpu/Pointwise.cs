using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>A function of one variable and its derivative.</summary>
internal interface ICurve<V> where V : struct
{
    V At(V x);

    /// <summary>Derivative at x, where y = At(x).</summary>
    V Slope(V x, V y);
}

/// <summary>Loops over elements, sixteen at a time.</summary>
internal static unsafe class Pointwise<T, V> where T : unmanaged where V : struct, ILanes<V, T>
{
    [MethodImpl(Kernel.Alone)]
    public static void Add(T* a, T* b, T* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            Part<T, V>.Store(Part<T, V>.Load(a + i, count - i) + Part<T, V>.Load(b + i, count - i), y + i, count - i);
    }

    [MethodImpl(Kernel.Alone)]
    public static void AddNumber(T* x, T number, T* y, long count)
    {
        var n = V.Broadcast(number);
        for (long i = 0; i < count; i += 16) Part<T, V>.Store(Part<T, V>.Load(x + i, count - i) + n, y + i, count - i);
    }

    [MethodImpl(Kernel.Alone)]
    public static void Mul(T* a, T* b, T* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            Part<T, V>.Store(Part<T, V>.Load(a + i, count - i) * Part<T, V>.Load(b + i, count - i), y + i, count - i);
    }

    /// <summary>y += a · b.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void MulAdd(T* a, T* b, T* y, long count)
    {
        for (long i = 0; i < count; i += 16)
        {
            var sum = V.Fma(Part<T, V>.Load(a + i, count - i), Part<T, V>.Load(b + i, count - i), Part<T, V>.Load(y + i, count - i));
            Part<T, V>.Store(sum, y + i, count - i);
        }
    }

    /// <summary>y = factor · x, or y += factor · x.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void Scale(T* x, T factor, T* y, long count, bool accumulate)
    {
        var f = V.Broadcast(factor);
        for (long i = 0; i < count; i += 16)
        {
            var value = Part<T, V>.Load(x + i, count - i);
            value = accumulate ? V.Fma(value, f, Part<T, V>.Load(y + i, count - i)) : value * f;
            Part<T, V>.Store(value, y + i, count - i);
        }
    }

    [MethodImpl(Kernel.Alone)]
    public static void Map<C>(C curve, T* x, T* y, long count) where C : struct, ICurve<V>
    {
        for (long i = 0; i < count; i += 16) Part<T, V>.Store(curve.At(Part<T, V>.Load(x + i, count - i)), y + i, count - i);
    }

    /// <summary>dx = dy · slope, or dx += dy · slope.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void MapBack<C>(C curve, T* x, T* y, T* dy, T* dx, long count, bool accumulate) where C : struct, ICurve<V>
    {
        for (long i = 0; i < count; i += 16)
        {
            var left = count - i;
            var slope = curve.Slope(Part<T, V>.Load(x + i, left), Part<T, V>.Load(y + i, left));
            var value = Part<T, V>.Load(dy + i, left);
            value = accumulate ? V.Fma(value, slope, Part<T, V>.Load(dx + i, left)) : value * slope;
            Part<T, V>.Store(value, dx + i, left);
        }
    }

    /// <summary>y = act(gate) · up.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void Gate<C>(C curve, T* gate, T* up, T* y, long count) where C : struct, ICurve<V>
    {
        for (long i = 0; i < count; i += 16)
            Part<T, V>.Store(curve.At(Part<T, V>.Load(gate + i, count - i)) * Part<T, V>.Load(up + i, count - i), y + i, count - i);
    }

    /// <summary>Slopes of <see cref="Gate"/>; either target may be null.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void GateBack<C>(C curve, T* gate, T* up, T* dy, T* dGate, bool addGate, T* dUp, bool addUp, long count) where C : struct, ICurve<V>
    {
        for (long i = 0; i < count; i += 16)
        {
            var left = count - i;
            var (g, slope) = (Part<T, V>.Load(gate + i, left), Part<T, V>.Load(dy + i, left));
            var act = curve.At(g);
            if (dUp != null)
            {
                var value = addUp ? V.Fma(slope, act, Part<T, V>.Load(dUp + i, left)) : slope * act;
                Part<T, V>.Store(value, dUp + i, left);
            }

            if (dGate == null) continue;
            var through = slope * Part<T, V>.Load(up + i, left);
            var bend = curve.Slope(g, act);
            Part<T, V>.Store(addGate ? V.Fma(through, bend, Part<T, V>.Load(dGate + i, left)) : through * bend, dGate + i, left);
        }
    }
}

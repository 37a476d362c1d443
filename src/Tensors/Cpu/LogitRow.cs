using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>One row of logits against its target. Sums run over sixteen lanes.</summary>
internal static unsafe class LogitRow<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    /// <summary>Caps the logits when asked; returns log p(target). largest and sum describe the softmax: p = e^(l - largest) / sum.</summary>
    [MethodImpl(Kernel.Alone)]
    public static T LogProb(T* logits, long n, int target, T cap, out T largest, out T sum)
    {
        if (cap > T.Zero) Cap(logits, n, cap);
        var top = V.Broadcast(T.NegativeInfinity);
        for (long i = 0; i < n; i += 16) top = V.Max(Part<T, V>.Load(logits + i, n - i, T.NegativeInfinity), top);
        largest = top.Largest();
        var (shift, total) = (V.Broadcast(largest), V.Zero);
        for (long i = 0; i < n; i += 16) total += V.Exp(Part<T, V>.Load(logits + i, n - i, T.NegativeInfinity) - shift);
        sum = total.Sum();
        return logits[target] - largest - V.Log(V.Broadcast(sum)).Largest();
    }

    /// <summary>Whether the target's logit is the largest and the first of that size.</summary>
    public static bool IsFirstLargest(T* logits, int target, T largest)
    {
        if (logits[target] != largest) return false;
        for (var i = 0; i < target; i++)
            if (logits[i] == largest) return false;
        return true;
    }

    /// <summary>Mean of the (capped) logits.</summary>
    [MethodImpl(Kernel.Alone)]
    public static T Mean(T* logits, long n)
    {
        var total = V.Zero;
        for (long i = 0; i < n; i += 16) total += Part<T, V>.Load(logits + i, n - i);
        return total.Sum() / T.CreateChecked(n);
    }

    /// <summary>Replaces the (capped) logits by factor · (p - label), carried back through the cap. The label is one at the target, or 1 - smooth there and
    /// smooth / n everywhere.</summary>
    [MethodImpl(Kernel.Alone)]
    public static void Slope(T* logits, long n, int target, T cap, T largest, T sum, T factor, T smooth)
    {
        var (shift, share, one) = (V.Broadcast(largest), V.Broadcast(factor / sum), V.Broadcast(T.One));
        var bend = V.Broadcast(cap > T.Zero ? T.One / cap : T.Zero);
        var even = V.Broadcast(factor * smooth / T.CreateChecked(n));
        var atTarget = Bend(logits[target], cap) * factor * (T.One - smooth);
        for (long i = 0; i < n; i += 16)
        {
            var l = Part<T, V>.Load(logits + i, n - i);
            var p = V.Exp(l - shift) * share - even;
            if (cap > T.Zero) p *= one - l * bend * (l * bend);
            Part<T, V>.Store(p, logits + i, n - i);
        }

        logits[target] -= atTarget;
    }

    private static T Bend(T logit, T cap) => cap > T.Zero ? T.One - logit / cap * (logit / cap) : T.One;

    private static void Cap(T* logits, long n, T cap)
    {
        var (inner, outer) = (V.Broadcast(T.One / cap), V.Broadcast(cap));
        for (long i = 0; i < n; i += 16) Part<T, V>.Store(V.Tanh(Part<T, V>.Load(logits + i, n - i) * inner) * outer, logits + i, n - i);
    }
}

using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>w ← w - lr·decay·w - lr/c1 · m / (√v/√c2 + eps), after m ← β1·m + (1-β1)·g and v ← β2·v + (1-β2)·g², with c = 1 - βᵗ.</summary>
internal readonly unsafe struct AdamWUpdate<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    private readonly T clip, shrink, beta1, beta2, rest1, rest2, root, epsilon, rate;

    public AdamWUpdate(AdamWOptions options, double clip, double learningRate, double decay, double c1, double c2)
    {
        this.clip = T.CreateChecked(clip);
        shrink = T.CreateChecked(1 - learningRate * decay);
        (beta1, rest1) = (T.CreateChecked(options.Beta1), T.CreateChecked(1 - options.Beta1));
        (beta2, rest2) = (T.CreateChecked(options.Beta2), T.CreateChecked(1 - options.Beta2));
        root = T.CreateChecked(1 / Math.Sqrt(c2));
        epsilon = T.CreateChecked(options.Epsilon);
        rate = T.CreateChecked(learningRate / c1);
    }

    [MethodImpl(Kernel.Alone)]
    public void Run(T* w, T* g, T* m, T* v, long count)
    {
        V clips = V.Broadcast(clip), keeps = V.Broadcast(shrink), minus = V.Broadcast(-rate);
        V b1 = V.Broadcast(beta1), b2 = V.Broadcast(beta2), r1 = V.Broadcast(rest1), r2 = V.Broadcast(rest2);
        V roots = V.Broadcast(root), tiny = V.Broadcast(epsilon);
        for (long i = 0; i < count; i += 16)
        {
            var left = count - i;
            var slope = Part<T, V>.Load(g + i, left) * clips;
            var first = V.Fma(slope, r1, Part<T, V>.Load(m + i, left) * b1);
            var second = V.Fma(slope * slope, r2, Part<T, V>.Load(v + i, left) * b2);
            var step = first / V.Fma(V.Sqrt(second), roots, tiny);
            Part<T, V>.Store(first, m + i, left);
            Part<T, V>.Store(second, v + i, left);
            Part<T, V>.Store(V.Fma(step, minus, Part<T, V>.Load(w + i, left) * keeps), w + i, left);
        }
    }
}

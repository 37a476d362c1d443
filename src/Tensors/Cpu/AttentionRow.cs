namespace Temper.Tensors;

/// <summary>One query's scores. Rows are padded to a multiple of 32, so packs may run over the end; unseen keys get weight 0.</summary>
internal static unsafe class AttentionRow<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    /// <summary>Replaces scores of seen keys [from, to) by e^(s - largest) and returns their sum.</summary>
    public static T Exponentials(T* scores, int from, int to, T scale, T cap, out T largest)
    {
        largest = T.Zero;
        if (to <= from) return T.Zero;
        var factor = Prepare(scores, from, to, scale, cap);
        var top = V.Broadcast(T.NegativeInfinity);
        for (var i = from & ~15; i < to; i += 16)
        {
            var s = V.Load(scores + i) * factor;
            s.Store(scores + i);
            top = V.Max(s, top);
        }

        largest = top.Largest();
        var (shift, sum) = (V.Broadcast(largest), V.Zero);
        for (var i = from & ~15; i < to; i += 16)
        {
            var e = V.Exp(V.Load(scores + i) - shift);
            e.Store(scores + i);
            sum += e;
        }

        return sum.Sum();
    }

    /// <summary>Replaces scores by weights p and slopes of p by slopes of the raw scores: p·(dp - mean)·scale, times 1 - (s/cap)² when capped.</summary>
    public static void Slopes(T* scores, T* slopes, int from, int to, T scale, T cap, T largest, T inverse, T mean)
    {
        if (to <= from) return;
        var factor = Prepare(scores, from, to, scale, cap);
        var capped = cap > T.Zero;
        var (shift, share, middle, outer) = (V.Broadcast(largest), V.Broadcast(inverse), V.Broadcast(mean), V.Broadcast(scale));
        var (bend, one) = (V.Broadcast(capped ? T.One / cap : T.Zero), V.Broadcast(T.One));
        for (var i = from & ~15; i < to; i += 16)
        {
            var s = V.Load(scores + i) * factor;
            var p = V.Exp(s - shift) * share;
            var d = p * (V.Load(slopes + i) - middle) * outer;
            if (capped)
            {
                var t = V.Max(s, V.Broadcast(-cap)) * bend;
                d *= one - t * t;
            }

            p.Store(scores + i);
            d.Store(slopes + i);
        }

        ClearEdges(slopes, from, to);
    }

    /// <summary>Zeroes what lies in [first, last) outside the packs that hold [from, to).</summary>
    public static void ClearAround(T* row, int from, int to, int first, int last)
    {
        var (start, end) = to <= from ? (last, last) : (from & ~15, (to + 15) & ~15);
        for (var i = first; i < start; i++) row[i] = T.Zero;
        for (var i = end; i < last; i++) row[i] = T.Zero;
    }

    public static T Dot(T* a, T* b, int count)
    {
        var sum = V.Zero;
        for (var i = 0; i < count; i += 16) sum = V.Fma(Part<T, V>.Load(a + i, count - i), Part<T, V>.Load(b + i, count - i), sum);
        return sum.Sum();
    }

    /// <summary>Caps when asked, hides the keys around [from, to) in its packs, and returns the factor still to be applied.</summary>
    private static V Prepare(T* scores, int from, int to, T scale, T cap)
    {
        var factor = scale;
        if (cap > T.Zero)
        {
            var (inner, outer) = (V.Broadcast(scale / cap), V.Broadcast(cap));
            for (var i = from & ~15; i < to; i += 16) (V.Tanh(V.Load(scores + i) * inner) * outer).Store(scores + i);
            factor = T.One;
        }

        for (var i = from & ~15; i < from; i++) scores[i] = T.NegativeInfinity;
        for (var i = to; i < ((to + 15) & ~15); i++) scores[i] = T.NegativeInfinity;
        return V.Broadcast(factor);
    }

    private static void ClearEdges(T* row, int from, int to)
    {
        for (var i = from & ~15; i < from; i++) row[i] = T.Zero;
        for (var i = to; i < ((to + 15) & ~15); i++) row[i] = T.Zero;
    }
}

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec)
    {
        var (query, key, value) = (Real_("attention", "q", q), Real_("attention", "k", k), Real_("attention", "v", v));
        var segments = CheckAttention(query, key, value, spec);
        var output = New(query.Shape);
        var rows = query.Size(0);
        var stats = New([2, rows, spec.Heads]);
        T* maxima = At(stats), inverses = maxima + rows * spec.Heads;
        var pass = new AttentionPass<T, V>(spec, At(query), At(key), At(value), At(output), maxima, inverses);
        var count = segments.Count * spec.KeyValueHeads;
        RunAttention(count, rows, (i, w) => pass.Forward(segments[i / spec.KeyValueHeads], i % spec.KeyValueHeads, scratch[w]));
        if (!Recording(query, key, value)) return output;
        return Record(output, () =>
        {
            var addQ = false;
            var dq = query.NeedsGrad ? Slope(query, out addQ) : null;
            T* dk = key.NeedsGrad ? SlopeFromZero(key) : null, dv = value.NeedsGrad ? SlopeFromZero(value) : null, dy = At(output.Grad!);
            var alone = KeysOverlap(segments) ? 1 : count;
            RunAttention(alone, rows, (task, w) =>
            {
                for (var i = task; i < count; i += alone)
                    pass.Backward(segments[i / spec.KeyValueHeads], i % spec.KeyValueHeads, dy, dq, addQ, dk, dv, scratch[w]);
            });
        });
    }

    private void RunAttention(int count, long rows, Action<int, int> body)
    {
        if (rows > 4) workers.Run(count, body);
        else for (var i = 0; i < count; i++) body(i, 0);
    }

    private static IReadOnlyList<AttentionSegment> CheckAttention(CpuTensor q, CpuTensor k, CpuTensor v, AttentionSpec spec)
    {
        if (spec.Heads < 1 || spec.KeyValueHeads < 1 || spec.Heads % spec.KeyValueHeads != 0)
            throw new ArgumentException($"attention: {spec.Heads} heads do not divide over {spec.KeyValueHeads} key/value heads");
        if (!(spec.Scale > 0)) throw new ArgumentException($"attention: scale {spec.Scale} must be above 0");
        if (q.Rank != 2 || q.Size(1) != spec.Heads * spec.HeadSize)
            throw new ShapeMismatchException("attention", "q", q.Shape, $"[tokens, {spec.Heads * spec.HeadSize}]");
        if (k.Rank != 2 || k.Size(1) != spec.KeyValueHeads * spec.HeadSize)
            throw new ShapeMismatchException("attention", "k", k.Shape, $"[tokens, {spec.KeyValueHeads * spec.HeadSize}]");
        if (!k.Shape.SequenceEqual(v.Shape)) throw new ShapeMismatchException("attention", k.Shape, v.Shape);
        var segments = spec.Segments ?? [new AttentionSegment(0, (int)q.Size(0), 0, (int)k.Size(0))];
        var row = 0;
        foreach (var s in segments)
        {
            var inside = s.QueryCount >= 0 && s.KeyStart >= 0 && s.KeyCount >= 0 && s.KeyStart + (long)s.KeyCount <= k.Size(0);
            if (s.QueryStart != row || !inside || (spec.Causal && s.KeyCount < s.QueryCount))
                throw new ArgumentException($"attention: {s} does not fit q {q}, k {k} after query row {row}");
            row += s.QueryCount;
        }

        if (row != q.Size(0)) throw new ShapeMismatchException("attention", "q", q.Shape, $"segments cover {row} rows");
        return segments;
    }

    private static bool KeysOverlap(IReadOnlyList<AttentionSegment> segments)
    {
        var end = 0;
        foreach (var segment in segments)
        {
            if (segment.KeyStart < end) return true;
            end = segment.KeyStart + segment.KeyCount;
        }

        return false;
    }
}

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec)
    {
        using var time = Time("attention");
        var (query, key, value) = (Real_("attention", "q", q), Real_("attention", "k", k), Real_("attention", "v", v));
        var segments = CheckAttention(query, key, value, spec);
        var output = New(query.Shape);
        var rows = query.Size(0);
        var stats = New([2, rows, spec.Heads]);
        var pass = new AttentionPass<T, V>(spec, At(query), At(key), At(value), At(output), At(stats), At(stats) + rows * spec.Heads);
        RunAttention((int)segments.Size(0) * spec.KeyValueHeads, rows, new AttentionForward(pass, (AttentionSegment*)segments.Bytes, spec.KeyValueHeads, scratch));
        if (Recording(query, key, value))
        {
            var node = Take<AttentionNode>();
            (node.Q, node.K, node.V, node.Stats, node.Segments, node.Spec) = (query, key, value, stats, segments, spec);
            node.Needs(query, key, value, stats, segments, output);
            Record(output, node);
        }

        stats.Dispose();
        segments.Dispose();
        return output;
    }

    private sealed class AttentionNode : Node
    {
        public CpuTensor Q { get; set; } = null!;

        public CpuTensor K { get; set; } = null!;

        public CpuTensor V { get; set; } = null!;

        /// <summary>Maxima of all rows and heads, then the inverse sums.</summary>
        public CpuTensor Stats { get; set; } = null!;

        /// <summary>A copy of the caller's segments, which may change.</summary>
        public CpuTensor Segments { get; set; } = null!;

        public AttentionSpec Spec { get; set; } = null!;

        public override string Operation => "attention";

        public override void Backward(Engine<T, V> engine)
        {
            var rows = Q.Size(0);
            var pass = new AttentionPass<T, V>(Spec, At(Q), At(K), At(V), At(Output), At(Stats), At(Stats) + rows * Spec.Heads);
            var addQ = false;
            var dq = Q.NeedsGrad ? engine.Slope(Q, out addQ) : null;
            T* dk = K.NeedsGrad ? engine.SlopeFromZero(K) : null, dv = V.NeedsGrad ? engine.SlopeFromZero(V) : null;
            var segments = (AttentionSegment*)Segments.Bytes;
            var count = (int)Segments.Size(0) * Spec.KeyValueHeads;
            var tasks = KeysOverlap(segments, Segments.Size(0)) ? 1 : count;
            engine.RunAttention(tasks, rows, new AttentionBackward(pass, segments, Spec.KeyValueHeads, count, tasks, At(Output.Grad!), dq, addQ, dk, dv, engine.scratch));
        }

        public override void Forget() => Spec = null!;
    }

    private void RunAttention<TWork>(int count, long rows, TWork body) where TWork : struct, IWork
    {
        if (rows > 4) workers.Run(count, body);
        else for (var i = 0; i < count; i++) body.Run(i, 0);
    }

    /// <summary>The segments, copied: [segments, 4].</summary>
    private CpuTensor CheckAttention(CpuTensor q, CpuTensor k, CpuTensor v, AttentionSpec spec)
    {
        if (spec.Heads < 1 || spec.KeyValueHeads < 1 || spec.Heads % spec.KeyValueHeads != 0)
            throw new ArgumentException($"attention: {spec.Heads} heads do not divide over {spec.KeyValueHeads} key/value heads");
        if (!(spec.Scale > 0)) throw new ArgumentException($"attention: scale {spec.Scale} must be above 0");
        if (q.Rank != 2 || q.Size(1) != spec.Heads * spec.HeadSize)
            throw new ShapeMismatchException("attention", "q", q.Shape, $"[tokens, {spec.Heads * spec.HeadSize}]");
        if (k.Rank != 2 || k.Size(1) != spec.KeyValueHeads * spec.HeadSize)
            throw new ShapeMismatchException("attention", "k", k.Shape, $"[tokens, {spec.KeyValueHeads * spec.HeadSize}]");
        if (!k.Shape.SequenceEqual(v.Shape)) throw new ShapeMismatchException("attention", k.Shape, v.Shape);
        var (count, row) = (spec.Segments?.Count ?? 1, 0);
        var copy = New(DType.I32, [count, sizeof(AttentionSegment) / sizeof(int)]);
        for (var i = 0; i < count; i++)
        {
            var s = spec.Segments is null ? new AttentionSegment(0, (int)q.Size(0), 0, (int)k.Size(0)) : spec.Segments[i];
            var inside = s.QueryCount >= 0 && s.KeyStart >= 0 && s.KeyCount >= 0 && s.KeyStart + (long)s.KeyCount <= k.Size(0);
            if (s.QueryStart != row || !inside || (spec.Causal && s.KeyCount < s.QueryCount))
                throw new ArgumentException($"attention: {s} does not fit q {q}, k {k} after query row {row}");
            ((AttentionSegment*)copy.Bytes)[i] = s;
            row += s.QueryCount;
        }

        if (row != q.Size(0)) throw new ShapeMismatchException("attention", "q", q.Shape, $"segments cover {row} rows");
        return copy;
    }

    private static bool KeysOverlap(AttentionSegment* segments, long count)
    {
        var end = 0;
        for (var i = 0L; i < count; i++)
        {
            if (segments[i].KeyStart < end) return true;
            end = segments[i].KeyStart + segments[i].KeyCount;
        }

        return false;
    }

    private readonly struct AttentionForward(AttentionPass<T, V> pass, AttentionSegment* segments, int keyHeads, Scratch[] scratch) : IWork
    {
        public void Run(int item, int worker) => pass.Forward(segments[item / keyHeads], item % keyHeads, scratch[worker]);
    }

    /// <summary>Every so many tasks of a backward pass: all of them, one after another, where segments share keys.</summary>
    private readonly struct AttentionBackward(
        AttentionPass<T, V> pass, AttentionSegment* segments, int keyHeads, int count, int step, T* dy, T* dq, bool addQ, T* dk, T* dv, Scratch[] scratch) : IWork
    {
        public void Run(int item, int worker)
        {
            for (var i = item; i < count; i += step) pass.Backward(segments[i / keyHeads], i % keyHeads, dy, dq, addQ, dk, dv, scratch[worker]);
        }
    }
}

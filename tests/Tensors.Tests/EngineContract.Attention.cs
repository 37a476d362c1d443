namespace Temper.Tensors.Tests;

public abstract partial class EngineContract
{
    /// <summary>Attention by its definition, in f64.</summary>
    private static double[] ReferenceAttention(double[] q, double[] k, double[] v, AttentionSpec spec, AttentionSegment[] segments)
    {
        var (d, group) = (spec.HeadSize, spec.Heads / spec.KeyValueHeads);
        var output = new double[q.Length];
        foreach (var s in segments)
            for (var i = 0; i < s.QueryCount; i++)
                for (var h = 0; h < spec.Heads; h++)
                {
                    var position = s.KeyCount - s.QueryCount + i;
                    var at = ((s.QueryStart + i) * spec.Heads + h) * d;
                    int Key(int j) => ((s.KeyStart + j) * spec.KeyValueHeads + h / group) * d;
                    var seen = Enumerable.Range(0, s.KeyCount)
                        .Where(j => (!spec.Causal || j <= position) && (spec.Window == 0 || Math.Abs(position - j) < spec.Window)).ToArray();
                    var scores = seen.Select(j => spec.Scale * Enumerable.Range(0, d).Sum(e => q[at + e] * k[Key(j) + e])).ToArray();
                    if (spec.SoftCap > 0) scores = Map(scores, x => spec.SoftCap * Math.Tanh(x / spec.SoftCap));
                    var sum = scores.Sum(Math.Exp);
                    for (var n = 0; n < seen.Length; n++)
                        for (var e = 0; e < d; e++) output[at + e] += Math.Exp(scores[n]) / sum * v[Key(seen[n]) + e];
                }

        return output;
    }

    public static TheoryData<int, int, int, bool, float, int> AttentionKinds => new()
    {
        { 4, 2, 5, true, 0, 0 },
        { 2, 2, 16, true, 0, 0 },
        { 3, 1, 40, false, 0, 0 },
        { 2, 1, 8, true, 2, 0 },
        { 2, 1, 8, true, 0, 3 },
        { 2, 1, 8, false, 1.5f, 2 },
    };

    private static AttentionSpec Spec(int heads, int keyHeads, int size, bool causal, float cap, int window, params AttentionSegment[] segments) => new()
    {
        Heads = heads,
        KeyValueHeads = keyHeads,
        HeadSize = size,
        Scale = 0.4f,
        Causal = causal,
        SoftCap = cap,
        Window = window,
        Segments = segments,
    };

    [Theory]
    [MemberData(nameof(AttentionKinds))]
    public void Attention_weighs_the_keys_each_query_may_see(int heads, int keyHeads, int size, bool causal, float cap, int window)
    {
        AttentionSegment[] segments = [new(0, 7, 0, 7), new(7, 1, 7, 1), new(8, 0, 8, 0), new(8, 3, 8, 40), new(11, 60, 48, 60)];
        var spec = Spec(heads, keyHeads, size, causal, cap, window, segments);
        var q = Numbers.Normal(71 * heads * size, 1);
        var (k, v) = (Numbers.Normal(108 * keyHeads * size, 2), Numbers.Normal(108 * keyHeads * size, 3));
        Forward("attention", ReferenceAttention(q, k, v, spec, segments), e => e.Attention(
            e.FromDoubles(q, 71, heads * size), e.FromDoubles(k, 108, keyHeads * size), e.FromDoubles(v, 108, keyHeads * size), spec));
    }

    /// <summary>Largest relative difference of what one token attends to alone and among others; 0 where it is the same bits, for an engine may have another
    /// kernel for one row than for many.</summary>
    protected virtual double DecodingTolerance => 0;

    [Theory]
    [MemberData(nameof(AttentionKinds))]
    public void Decoding_with_a_cache_gives_what_the_whole_sequence_gives(int heads, int keyHeads, int size, bool causal, float cap, int window)
    {
        if (!causal) return;
        const int tokens = 53;
        using var engine = Engine();
        using var scope = engine.BeginScope();
        using var off = engine.NoGrad();
        var (q, k, v) = (engine.Random(1, tokens, heads * size), engine.Random(2, tokens, keyHeads * size), engine.Random(3, tokens, keyHeads * size));
        var whole = engine.ToDoubles(engine.Attention(q, k, v, Spec(heads, keyHeads, size, causal, cap, window, new AttentionSegment(0, tokens, 0, tokens))));
        foreach (var at in new[] { 0, 1, 20, 52 })
        {
            // Two sequences of one batch: this one at row 100 of the cache, another at row 0.
            var (keys, values) = (engine.Zeros(200, keyHeads * size), engine.Zeros(200, keyHeads * size));
            int[] rows = [.. Enumerable.Range(100, at + 1)];
            engine.WriteRows(keys, rows, engine.Narrow(k, 0, 0, at + 1));
            engine.WriteRows(values, rows, engine.Narrow(v, 0, 0, at + 1));
            var both = engine.Cat([engine.Random(9, 1, heads * size), engine.Narrow(q, 0, at, 1)], 0);
            var spec = Spec(heads, keyHeads, size, causal, cap, window, new AttentionSegment(0, 1, 0, 60), new AttentionSegment(1, 1, 100, at + 1));
            var found = engine.ToDoubles(engine.Attention(both, keys, values, spec));
            if (DecodingTolerance == 0) Assert.Equal(Row(whole, at, heads * size), Row(found, 1, heads * size));
            else Numbers.Close(Row(whole, at, heads * size), Row(found, 1, heads * size), DecodingTolerance, $"token {at}");
        }
    }
}

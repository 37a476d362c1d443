namespace Temper.Tensors.Tests;

/// <summary>The promise of <see cref="CpuEngine.NumericsId"/>: neither threads, vector width, batching nor recomputation changes a bit.</summary>
public sealed class SameBitsTests
{
    private static readonly int[][] Documents = [[1, 5, 7, 2, 9, 11, 3, 3, 8], [3], [4, 4, 12, 0], [.. Enumerable.Range(0, 60).Select(i => i * 7 % 13)]];

    private static List<float[]> Train(IEngine engine, bool lora, bool checkpointed = false, float dropout = 0, bool trainBase = true)
    {
        using (engine)
        {
            var model = new TinyLlama(engine, lora, trainBase) { Checkpointed = checkpointed, Dropout = dropout };
            using var optimizer = engine.AdamW([new ParameterGroup(model.Trained, 0.01)], new AdamWOptions());
            var results = new List<float[]>();
            for (var step = 0; step < 3; step++)
            {
                using var scope = engine.BeginScope();
                var loss = model.Loss(Documents);
                engine.Backward(loss.Sum, 1 / engine.ScalarOf(loss.Tokens));
                results.Add([(float)engine.ScalarOf(loss.Sum), (float)optimizer.ClipNorm(1)]);
                optimizer.Step(0.01);
                optimizer.ZeroGrad();
            }

            results.AddRange(model.Trained.Select(p => engine.ToFloats(p)));
            return results;
        }
    }

    [Theory]
    [InlineData(1, VectorWidth.Bits256)]
    [InlineData(2, VectorWidth.Bits256)]
    [InlineData(2, VectorWidth.Widest)]
    [InlineData(3, VectorWidth.Scalar)]
    public void Threads_and_vector_width_leave_training_unchanged(int threads, VectorWidth vectors)
    {
        var expected = Train(CpuEngine.Create(1), lora: true, dropout: 0.1f);
        Assert.All(expected, values => Assert.All(values, v => Assert.True(float.IsFinite(v))));
        Assert.Equal(expected, Train(CpuEngine.Create(threads, vectors), lora: true, dropout: 0.1f));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Recomputing_layers_leaves_training_unchanged(bool trainBase) => Assert.Equal(
        Train(CpuEngine.Create(2), lora: true, dropout: 0.1f, trainBase: trainBase),
        Train(CpuEngine.Create(2), lora: true, checkpointed: true, dropout: 0.1f, trainBase: trainBase));

    [Fact]
    public void A_document_has_the_same_bits_alone_and_packed_with_others()
    {
        using var engine = CpuEngine.Create(2);
        using var scope = engine.BeginScope();
        using var off = engine.NoGrad();
        var model = new TinyLlama(engine);
        var packed = engine.ToFloats(model.Hidden(Documents));
        float[] alone = [.. Documents.SelectMany(d => engine.ToFloats(model.Hidden([d])))];
        Assert.Equal(packed, alone);
    }

    [Theory]
    [InlineData(64, 40, 700)]
    [InlineData(150, 97, 65)]
    public void A_product_has_the_same_bits_for_every_row_count_layout_and_engine(int m, int n, int k)
    {
        var (a, b) = (Numbers.Normal(m * k, 1), Numbers.Normal(n * k, 2));
        float[]? expected = null;
        foreach (var vectors in Enum.GetValues<VectorWidth>())
        {
            using var engine = CpuEngine.Create(2, vectors);
            using var scope = engine.BeginScope();
            var (x, w) = (engine.FromDoubles(a, m, k), engine.FromDoubles(b, n, k));
            var whole = engine.ToFloats(engine.Linear(x, w));
            Assert.Equal(expected ?? whole, whole);
            expected = whole;
            foreach (var rows in new[] { 1, 2, 5, 13 })
                Assert.Equal(whole.Take(rows * n), engine.ToFloats(engine.Linear(engine.Narrow(x, 0, 0, rows), w)));
            Assert.Equal(whole, engine.ToFloats(engine.BatchMatMul(x, engine.Transpose(w, 0, 1))));
            engine.Prepack(w);
            Assert.Equal(whole, engine.ToFloats(engine.Linear(x, w)));
            Assert.Equal(whole.Take(n), engine.ToFloats(engine.Linear(engine.Narrow(x, 0, 0, 1), w)));
        }
    }

    [Fact]
    public void Memory_after_a_hundred_steps_is_memory_after_ten()
    {
        using var engine = CpuEngine.Create(1);
        var model = new TinyLlama(engine, lora: true) { Dropout = 0.1f };
        using var optimizer = engine.AdamW([new ParameterGroup(model.Trained)], new AdamWOptions());
        MemoryUse after = default;
        for (var step = 1; step <= 100; step++)
        {
            using (engine.BeginScope())
            {
                engine.Backward(model.Loss(Documents).Sum);
                optimizer.ClipNorm(1);
                optimizer.Step(0.001);
                optimizer.ZeroGrad();
            }

            if (step == 10) after = engine.Memory();
        }

        Assert.Equal(after, engine.Memory());
    }
}

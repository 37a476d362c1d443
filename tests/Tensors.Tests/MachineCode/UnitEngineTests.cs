namespace Temper.Tensors.Tests;

/// <summary>The promise of the numerics ids of the matrix units, through whole models: neither threads, vector width, batching nor recomputation
/// changes a bit. Every unit is tried: both kinds interpreted, and the real ones that this machine has.</summary>
public sealed class UnitEngineTests
{
    private static readonly int[][] Documents = [[1, 5, 7, 2, 9, 11, 3, 3, 8], [3], [4, 4, 12, 0], [.. Enumerable.Range(0, 60).Select(i => i * 7 % 13)]];

    [Fact]
    public void Threads_vector_width_and_recomputation_leave_training_unchanged()
    {
        foreach (var unit in InterpretedUnit.AndReal())
        {
            var expected = Train(new Engine<float, Wide>(1, unit.NumericsId, null, unit));
            Assert.All(expected, values => Assert.All(values, v => Assert.True(float.IsFinite(v))));
            Assert.Equal(expected, Train(new Engine<float, Wide>(2, unit.NumericsId, null, unit)));
            Assert.Equal(expected, Train(new Engine<float, Scalar>(3, unit.NumericsId, null, unit), checkpointed: true));
        }
    }

    [Fact]
    public void An_interpreted_unit_has_the_bits_of_the_real_one()
    {
        foreach (var unit in InterpretedUnit.AndReal().GroupBy(u => u.Kind))
        {
            var results = unit.Select(u => Train(new Engine<float, Wide>(2, u.NumericsId, null, u))).ToList();
            Assert.All(results, result => Assert.Equal(results[0], result));
        }
    }

    [Fact]
    public void Training_stays_near_that_with_exact_products()
    {
        var exact = Train(CpuEngine.Create(1));
        foreach (var unit in InterpretedUnit.AndReal())
        {
            var loss = Train(new Engine<float, Wide>(1, unit.NumericsId, null, unit));
            for (var step = 0; step < 3; step++)
            {
                Assert.NotEqual(exact[step], loss[step]);
                Assert.InRange(loss[step][0] / exact[step][0], 0.98, 1.02);
                Assert.InRange(loss[step][1] / exact[step][1], 0.95, 1.05);
            }
        }
    }

    [Fact]
    public void A_document_has_the_same_bits_alone_and_packed_with_others()
    {
        foreach (var unit in InterpretedUnit.AndReal())
        {
            using var engine = new Engine<float, Wide>(2, unit.NumericsId, null, unit);
            using var scope = engine.BeginScope();
            using var off = engine.NoGrad();
            var model = new TinyLlama(engine, trainBase: false, frozen: FrozenForm.BF16);
            var packed = engine.ToFloats(model.Hidden(Documents));
            Assert.Equal(packed, Documents.SelectMany(d => engine.ToFloats(model.Hidden([d]))));
        }
    }

    [Theory]
    [InlineData(FrozenForm.Int8)]
    [InlineData(FrozenForm.NF4)]
    public void Other_forms_are_multiplied_exactly(FrozenForm form)
    {
        var unit = new InterpretedUnit(MatrixUnitKind.Amx);
        Assert.Equal(Train(CpuEngine.Create(1), form: form), Train(new Engine<float, Wide>(2, unit.NumericsId, null, unit), form: form));
    }

    [Fact]
    public void The_switch_decides_and_the_id_says_what_is_used()
    {
        using var exact = CpuEngine.Create(1);
        using var wanted = CpuEngine.Create(1, matrix: MatrixPath.Bf16);
        Assert.Equal(CpuEngine.NumericsId, exact.Info.NumericsId);
        Assert.Equal(CpuEngine.Bf16Support.NumericsId, wanted.Info.NumericsId);
        var ids = new[] { "cpu-bf16-amx-v1", "cpu-bf16-avx512-v1", "cpu-f32-v1" };
        Assert.Equal(CpuEngine.Bf16Support.Missing.Length == 0, wanted.Info.NumericsId == ids[0]);
        Assert.Contains(wanted.Info.NumericsId, ids);
        if (ProcessorUnit.Best is null) Assert.Equal(Train(CpuEngine.Create(1)), Train(CpuEngine.Create(1, matrix: MatrixPath.Bf16)));
    }

    [Fact]
    public void What_a_weight_is_packed_into_is_freed_with_it()
    {
        var unit = new InterpretedUnit(MatrixUnitKind.Avx512);
        using var engine = new Engine<float, Wide>(1, unit.NumericsId, null, unit);
        using var x = engine.Parameter(engine.FromDoubles(Numbers.Normal(64, 1), 2, 32));
        Step(engine, x);
        var live = engine.Memory().LiveBytes;
        Step(engine, x);
        Assert.Equal(live, engine.Memory().LiveBytes);
    }

    private static void Step(Engine<float, Wide> engine, Tensor x)
    {
        using var scope = engine.BeginScope();
        using var weight = engine.Freeze(FrozenForm.BF16, 96, 32, (first, rows) => Philox.FillNormal(new RandomKey(1, 2), rows, 0, 1, first * 32));
        engine.Backward(engine.Weighted(engine.Linear(x, weight)));
    }

    /// <summary>Loss and gradient norm of three steps, then the adapter's weights.</summary>
    private static List<float[]> Train(IEngine engine, bool checkpointed = false, FrozenForm form = FrozenForm.BF16)
    {
        using (engine)
        {
            var model = new TinyLlama(engine, lora: true, trainBase: false, form) { Checkpointed = checkpointed, Dropout = 0.1f };
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
}

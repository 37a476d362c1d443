namespace Temper.Tensors.Tests;

public abstract partial class EngineContract
{
    private static Tensor Loss(IEngine engine, Tensor p) => engine.Weighted(engine.Tanh(p));

    [Fact]
    public void AdamW_follows_the_closed_form_over_five_steps()
    {
        using var engine = Engine();
        var init = Numbers.Normal(19, 1);
        using var p = engine.Parameter(engine.FromDoubles(init));
        using var optimizer = engine.AdamW([new ParameterGroup([p], WeightDecay: 0.1, LearningRateScale: 2)], new AdamWOptions());
        var (w, m, v) = ((double[])init.Clone(), new double[19], new double[19]);
        for (var t = 1; t <= 5; t++)
        {
            using var scope = engine.BeginScope();
            engine.Backward(Loss(engine, p));
            var g = engine.ToDoubles(engine.GradOf(p)!);
            Assert.Equal(t - 1, optimizer.Steps);
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
            Assert.Null(engine.GradOf(p));
            for (var i = 0; i < 19; i++)
            {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                w[i] -= 0.02 * 0.1 * w[i];
                w[i] -= 0.02 / (1 - Math.Pow(0.9, t)) * m[i] / (Math.Sqrt(v[i]) / Math.Sqrt(1 - Math.Pow(0.999, t)) + 1e-8);
            }

            Numbers.Close(w, engine.ToDoubles(p), Tolerance, $"weights after step {t}");
        }
    }

    [Fact]
    public void Clipping_reports_the_norm_before_and_scales_the_step_alone()
    {
        using var engine = Engine();
        using var p = engine.Parameter(engine.FromDoubles([1, 2]));
        using var q = engine.Parameter(engine.FromDoubles([5]));
        using var optimizer = engine.AdamW([new ParameterGroup([p, q])], new AdamWOptions(Beta1: 0, Beta2: 0, Epsilon: 1));
        using var scope = engine.BeginScope();
        engine.Backward(engine.Reshape(engine.Sum(engine.Mul(p, engine.FromDoubles([3, 4])), 0)), 10);
        engine.Backward(engine.Reshape(engine.Scale(q, 120)));
        Numbers.Close(130, optimizer.ClipNorm(0), Tolerance, "measured norm");
        Numbers.Close(130, optimizer.ClipNorm(13), Tolerance, "norm before clipping");
        optimizer.Step(1);
        // g is clipped to 3, 4 and 12; with both betas 0 the step is g / (|g| + 1).
        Numbers.Close([1 - 3 / 4.0, 2 - 4 / 5.0], engine.ToDoubles(p), 1e-5, "p");
        Numbers.Close([5 - 12 / 13.0], engine.ToDoubles(q), 1e-5, "q");
    }

    [Fact]
    public void A_gradient_that_is_not_finite_shows_in_the_norm_before_any_update()
    {
        using var engine = Engine();
        using var p = engine.Parameter(engine.FromDoubles([1, 2]));
        using var optimizer = engine.AdamW([new ParameterGroup([p])], new AdamWOptions());
        using var scope = engine.BeginScope();
        engine.Backward(engine.Reshape(engine.Sum(engine.Mul(p, engine.FromDoubles([double.NaN, 1])), 0)));
        Assert.False(double.IsFinite(optimizer.ClipNorm(1)));
        Assert.Equal([1, 2], engine.ToDoubles(p));
    }

    [Fact]
    public void Micro_batches_add_up_until_the_gradients_are_forgotten()
    {
        using var engine = Engine();
        using var p = engine.Parameter(engine.FromDoubles([1, 2]));
        using var optimizer = engine.AdamW([new ParameterGroup([p])], new AdamWOptions());
        using var scope = engine.BeginScope();
        for (var i = 0; i < 3; i++) engine.Backward(engine.Reshape(engine.Sum(p, 0)), 0.5);
        Assert.Equal([1.5, 1.5], engine.ToDoubles(engine.GradOf(p)!));
        optimizer.ZeroGrad();
        engine.Backward(engine.Reshape(engine.Sum(p, 0)));
        Assert.Equal([1, 1], engine.ToDoubles(engine.GradOf(p)!));
    }

    [Fact]
    public void Exported_state_continues_bit_for_bit()
    {
        using var engine = Engine();
        double[] Train(int cut)
        {
            var p = engine.Parameter(engine.FromDoubles(Numbers.Normal(33, 1)));
            var optimizer = engine.AdamW([new ParameterGroup([p], 0.01)], new AdamWOptions());
            for (var step = 0; step < 6; step++)
            {
                if (step == cut)
                {
                    using var state = new MemoryStream();
                    optimizer.ExportState(state);
                    state.Position = 0;
                    optimizer = engine.AdamW([new ParameterGroup([p], 0.01)], new AdamWOptions());
                    optimizer.ImportState(state);
                    Assert.Equal(step, optimizer.Steps);
                }

                using var scope = engine.BeginScope();
                engine.Backward(Loss(engine, p));
                optimizer.ClipNorm(0.5);
                optimizer.Step(0.02);
                optimizer.ZeroGrad();
            }

            return engine.ToDoubles(p);
        }

        Assert.Equal(Train(cut: -1), Train(cut: 3));
    }

    [Fact]
    public void State_of_another_model_is_refused_and_changes_nothing()
    {
        using var engine = Engine();
        using var p = engine.Parameter(engine.FromDoubles([1, 2]));
        using var q = engine.Parameter(engine.FromDoubles([1, 2, 3]));
        using var state = new MemoryStream();
        engine.AdamW([new ParameterGroup([q])], new AdamWOptions()).ExportState(state);
        var optimizer = engine.AdamW([new ParameterGroup([p])], new AdamWOptions());
        state.Position = 0;
        Assert.Equal("optimizer state: parameter 0 has 3 elements, expected 2", Assert.Throws<InvalidDataException>(() => optimizer.ImportState(state)).Message);
        state.SetLength(40);
        state.Position = 0;
        Assert.Throws<InvalidDataException>(() => optimizer.ImportState(state));
        Assert.Throws<InvalidDataException>(() => optimizer.ImportState(new MemoryStream(new byte[64])));
        Assert.Equal(0, optimizer.Steps);
    }

    [Fact]
    public void Frozen_tensors_receive_no_gradient_and_no_graph_is_kept_without_parameters()
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var (frozen, x) = (engine.Random(1, 4, 3), engine.Random(2, 2, 3));
        Assert.False(engine.Linear(x, frozen).RequiresGrad);
        var p = engine.Parameter(engine.Random(3, 5, 4));
        var y = engine.Linear(engine.Linear(x, frozen), p);
        Assert.True(y.RequiresGrad);
        using (engine.NoGrad()) Assert.False(engine.Linear(x, engine.Parameter(frozen)).RequiresGrad);
        engine.Backward(engine.Weighted(y));
        Assert.NotNull(engine.GradOf(p));
        Assert.Null(engine.GradOf(frozen));
        Assert.Null(engine.GradOf(x));
        Assert.False(engine.Detach(y).RequiresGrad);
    }

    [Fact]
    public void Kept_tensors_outlive_their_scope_and_others_do_not()
    {
        using var engine = Engine();
        Tensor kept, lost;
        using (var scope = engine.BeginScope())
        {
            kept = scope.Keep(engine.FromDoubles([1, 2]));
            lost = engine.FromDoubles([3]);
        }

        Assert.Equal([1, 2], engine.ToDoubles(kept));
        Assert.Throws<ObjectDisposedException>(() => engine.ToDoubles(lost));
        kept.Dispose();
        kept.Dispose();
    }

    [Fact]
    public void A_thousand_tensors_leave_no_memory_behind()
    {
        using var engine = Engine();
        long Live()
        {
            for (var i = 0; i < 10; i++)
            {
                using var scope = engine.BeginScope();
                var p = engine.Parameter(engine.Random(1, 40, 50));
                engine.Backward(engine.Weighted(engine.Activation(engine.Linear(engine.Random(2, 30, 50), p), Act.Silu)));
                p.Dispose();
            }

            return engine.Memory().LiveBytes;
        }

        var first = Live();
        Assert.Equal(first, Live());
    }

    [Fact]
    public void Narrow_floats_widen_and_round_to_nearest_even()
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var brain = engine.Empty(DType.BF16, 3);
        engine.Upload(brain, 0, new byte[] { 0x80, 0x3F, 0x49, 0x40, 0x80, 0xFF });
        Assert.Equal([1, 3.140625, double.NegativeInfinity], engine.ToDoubles(engine.Cast(brain, engine.Info.Compute)));
        var half = engine.Empty(DType.F16, 2);
        engine.Upload(half, 0, new byte[] { 0x00, 0x3C, 0x01, 0x00 });
        Assert.Equal([1, 5.9604644775390625e-8], engine.ToDoubles(engine.Cast(half, engine.Info.Compute)));
        var back = engine.Cast(engine.FromDoubles([1.00390625, 1.01171875]), DType.BF16);
        var bytes = new byte[4];
        engine.Download(back, 0, bytes);
        Assert.Equal([0x80, 0x3F, 0x82, 0x3F], bytes);
    }
}

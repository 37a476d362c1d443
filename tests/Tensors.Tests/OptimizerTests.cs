using Temper.Testing;

namespace Temper.Tensors.Tests;

/// <summary>The other optimizers, against what their papers and PyTorch say, and their state.</summary>
public sealed class OptimizerTests
{
    private static readonly double[] Start = Numbers.Normal(12, 1);

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.9, false)]
    [InlineData(0.9, true)]
    public void Gradient_descent_follows_its_closed_form(double momentum, bool nesterov)
    {
        var (w, m) = ((double[])Start.Clone(), new double[12]);
        Compare(CpuEngine.CreateDouble(), (engine, groups) => engine.Sgd(groups, new SgdOptions(momentum, nesterov)), 1e-12, (g, _) =>
        {
            for (var i = 0; i < 12; i++)
            {
                var d = g[i] + 0.1 * w[i];
                m[i] = momentum * m[i] + d;
                w[i] -= 0.02 * (nesterov ? d + momentum * m[i] : momentum == 0 ? d : m[i]);
            }

            return w;
        });
    }

    [Fact]
    public void Lion_follows_its_closed_form()
    {
        var (w, m) = ((double[])Start.Clone(), new double[12]);
        Compare(CpuEngine.Create(), (engine, groups) => new Lion(engine, groups, 0.9, 0.99), 1e-6, (g, _) =>
        {
            for (var i = 0; i < 12; i++)
            {
                w[i] = w[i] * (1 - 0.02 * 0.1) - 0.02 * Math.Sign(0.9 * m[i] + 0.1 * g[i]);
                m[i] = 0.99 * m[i] + 0.01 * g[i];
            }

            return w;
        });
    }

    [Fact]
    public void Adafactor_follows_its_closed_form_for_a_matrix()
    {
        var (w, rows, columns) = ((double[])Start.Clone(), new double[3], new double[4]);
        Compare(CpuEngine.Create(), (engine, groups) => new Adafactor(engine, groups), 1e-5, (g, t) =>
        {
            var keep = 1 - Math.Pow(t, -0.8);
            for (var r = 0; r < 3; r++) rows[r] = keep * rows[r] + (1 - keep) * Enumerable.Range(0, 4).Average(c => g[r * 4 + c] * g[r * 4 + c] + 1e-30);
            for (var c = 0; c < 4; c++) columns[c] = keep * columns[c] + (1 - keep) * Enumerable.Range(0, 3).Average(r => g[r * 4 + c] * g[r * 4 + c] + 1e-30);
            var u = g.Select((x, i) => x / Math.Sqrt(rows[i / 4] / rows.Average()) / Math.Sqrt(columns[i % 4])).ToArray();
            var scale = 0.02 / Math.Max(1, Math.Sqrt(u.Average(x => x * x)));
            for (var i = 0; i < 12; i++) w[i] = w[i] * (1 - 0.02 * 0.1) - scale * u[i];
            return w;
        });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(5)]
    public void A_parameter_that_is_trained_later_is_updated_as_one_that_begins_then(int cut)
    {
        using var engine = CpuEngine.Create(1);
        float[] Train(int first, int from, int stateAt)
        {
            using var early = engine.Parameter(engine.FromDoubles(Numbers.Normal(40, 1), 40));
            using var late = engine.Parameter(engine.FromDoubles(Numbers.Normal(40, 2), 40));
            var optimizer = engine.AdamW([new ParameterGroup([early, late], 0.01)], new AdamWOptions());
            for (var step = first; step < 9; step++)
            {
                if (step == stateAt)
                {
                    using var state = new MemoryStream();
                    optimizer.ExportState(state);
                    optimizer.Dispose();
                    state.Position = 0;
                    optimizer = engine.AdamW([new ParameterGroup([early, late], 0.01)], new AdamWOptions());
                    optimizer.ImportState(state);
                }

                using var scope = engine.BeginScope();
                var slopes = engine.FromDoubles(Numbers.Normal(40, 100 + (uint)step), 40);
                var loss = engine.Sum(engine.Mul(early, slopes), 0);
                engine.Backward(step < from ? loss : engine.Add(loss, engine.Sum(engine.Mul(late, slopes), 0)), 1.0);
                optimizer.Step(0.01);
                optimizer.ZeroGrad();
            }

            optimizer.Dispose();
            return engine.ToFloats(late);
        }

        Assert.Equal(Train(4, 4, -1), Train(0, 4, cut));
    }

    [Fact]
    public void The_state_of_a_parameter_that_missed_a_step_has_the_bytes_of_its_format()
    {
        using var engine = CpuEngine.Create(1);
        using var early = engine.Parameter(engine.FromFloats([0, 0], 2));
        using var late = engine.Parameter(engine.FromFloats([0], 1));
        using var optimizer = engine.AdamW([new ParameterGroup([early, late], 0)], new AdamWOptions(0.5, 0.5));
        for (var step = 0; step < 2; step++)
        {
            using var scope = engine.BeginScope();
            var loss = engine.Sum(engine.Mul(early, engine.FromFloats([1, 2], 2)), 0);
            engine.Backward(step == 0 ? loss : engine.Add(loss, engine.Sum(engine.Mul(late, engine.FromFloats([4], 1)), 0)), 1.0);
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
        }

        using var state = new MemoryStream();
        optimizer.ExportState(state);
        var page = File.ReadAllText(RepoRoot.Of("docs", "formats", "optimizer-state.md"));
        Assert.Equal(string.Concat(page.Split("```")[1].Where(char.IsAsciiHexDigit)), Convert.ToHexStringLower(state.ToArray()));
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("lion")]
    [InlineData("adafactor")]
    public void Exported_state_continues_bit_for_bit_and_no_other_is_taken(string name)
    {
        using var engine = CpuEngine.Create(2);
        IOptimizer Make(IReadOnlyList<ParameterGroup> groups) => name switch
        {
            "sgd" => engine.Sgd(groups, new SgdOptions(0.9)),
            "lion" => new Lion(engine, groups, 0.9, 0.99),
            _ => new Adafactor(engine, groups),
        };
        double[] Train(int cut)
        {
            using var p = engine.Parameter(engine.FromDoubles(Numbers.Normal(33, 1), 3, 11));
            var optimizer = Make([new ParameterGroup([p], 0.01)]);
            for (var step = 0; step < 6; step++)
            {
                if (step == cut)
                {
                    using var state = new MemoryStream();
                    optimizer.ExportState(state);
                    state.Position = 0;
                    Assert.Throws<InvalidDataException>(() => engine.AdamW([new ParameterGroup([p])], new AdamWOptions()).ImportState(state));
                    state.Position = 0;
                    optimizer = Make([new ParameterGroup([p], 0.01)]);
                    optimizer.ImportState(state);
                    Assert.Equal(step, optimizer.Steps);
                }

                using var scope = engine.BeginScope();
                engine.Backward(engine.Weighted(engine.Tanh(p)));
                optimizer.ClipNorm(0.5);
                optimizer.Step(0.02);
                optimizer.ZeroGrad();
                Assert.Null(engine.GradOf(p));
            }

            return engine.ToDoubles(p);
        }

        Assert.Equal(Train(cut: -1), Train(cut: 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_smoothed_label_costs_what_its_closed_form_says(double cap)
    {
        using var engine = CpuEngine.CreateDouble();
        var (h, w) = (engine.Random(1, 4, 3), engine.Random(2, 21, 3));
        var loss = engine.ScalarOf(engine.LinearCrossEntropy(h, w, engine.FromInts([20, -1, 0, 7]), cap, 0.1).Sum);
        var logits = engine.ToDoubles(engine.Linear(h, w)).Select(x => cap > 0 ? cap * Math.Tanh(x / cap) : x).Chunk(21).ToArray();
        double Of(double[] row, int target)
        {
            var all = Math.Log(row.Sum(Math.Exp));
            return 0.9 * (all - row[target]) + 0.1 * row.Average(x => all - x);
        }

        Assert.Equal(Of(logits[0], 20) + Of(logits[2], 0) + Of(logits[3], 7), loss, 10);
        GradientCheck.Run(engine, [[5, 4], [21, 4]], p => engine.LinearCrossEntropy(p[0], p[1], engine.FromInts([6, -1, 0, 3, -1]), cap, 0.1).Sum, 1e-6, null);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.LinearCrossEntropy(h, w, engine.FromInts([1, 1, 1, 1]), cap, 1));
    }

    private static void Compare(IEngine engine, Func<IEngine, IReadOnlyList<ParameterGroup>, IOptimizer> make, double tolerance, Func<double[], int, double[]> expected)
    {
        using var own = engine;
        using var p = engine.Parameter(engine.FromDoubles(Start, 3, 4));
        using var optimizer = make(engine, [new ParameterGroup([p], WeightDecay: 0.1, LearningRateScale: 2)]);
        for (var t = 1; t <= 5; t++)
        {
            using var scope = engine.BeginScope();
            engine.Backward(engine.Weighted(engine.Tanh(p)));
            var grad = engine.ToDoubles(engine.GradOf(p)!);
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
            Numbers.Close(expected(grad, t), engine.ToDoubles(p), tolerance, $"weights after step {t}");
        }
    }
}

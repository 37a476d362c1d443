namespace Temper.Tensors.Tests;

/// <summary>What every engine must do. An engine's own tests derive from this and say how to make one.</summary>
public abstract partial class EngineContract
{
    /// <summary>Largest relative difference from the reference in the engine's own precision.</summary>
    protected abstract double Tolerance { get; }

    /// <summary>Largest relative difference of a gradient that went through a narrower type, which an engine may round it to; 0 where it does not.</summary>
    protected virtual double CastTolerance => 0;

    protected abstract DType Compute { get; }

    protected abstract IEngine Engine();

    private static double[] Row(double[] values, int row, int width) => values[(row * width)..((row + 1) * width)];

    private void Forward(string what, double[] expected, Func<IEngine, Tensor> run)
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        Numbers.Close(expected, engine.ToDoubles(run(engine)), Tolerance, what);
    }

    private static double[] Map(double[] values, Func<double, double> f) => Array.ConvertAll(values, x => f(x));

    private static double[] MatMul(double[] a, double[] b, int m, int n, int k, bool transposed)
    {
        var c = new double[m * n];
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
                for (var p = 0; p < k; p++) c[i * n + j] += a[i * k + p] * (transposed ? b[j * k + p] : b[p * n + j]);
        return c;
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 7, 3)]
    [InlineData(13, 33, 17)]
    [InlineData(12, 32, 300)]
    [InlineData(100, 70, 65)]
    [InlineData(1, 100, 40)]
    [InlineData(0, 4, 4)]
    [InlineData(4, 4, 0)]
    public void A_linear_layer_multiplies_by_the_transposed_weight_and_adds_the_bias(int m, int n, int k)
    {
        var (x, w, b) = (Numbers.Normal(m * k, 1), Numbers.Normal(n * k, 2), Numbers.Normal(n, 3));
        var expected = MatMul(x, w, m, n, k, true);
        for (var i = 0; i < expected.Length; i++) expected[i] += b[i % n];
        Forward("linear", expected, e => e.Linear(e.FromDoubles(x, m, k), e.FromDoubles(w, n, k), e.FromDoubles(b, n)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void A_prepacked_weight_gives_the_same_result(int m)
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var (x, w) = (engine.Random(1, m, 50), engine.Random(2, 70, 50));
        var before = engine.ToDoubles(engine.Linear(x, w));
        engine.Prepack(w);
        Assert.Equal(before, engine.ToDoubles(engine.Linear(x, w)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Batched_products_multiply_matrix_by_matrix(bool transposed)
    {
        var (a, b) = (Numbers.Normal(2 * 3 * 5, 1), Numbers.Normal(2 * 5 * 4, 2));
        double[] expected = [.. MatMul(a[..15], b[..20], 3, 4, 5, transposed), .. MatMul(a[15..], b[20..], 3, 4, 5, transposed)];
        Forward("matmul", expected, e => e.BatchMatMul(e.FromDoubles(a, 2, 3, 5), transposed ? e.FromDoubles(b, 2, 4, 5) : e.FromDoubles(b, 2, 5, 4), transposed));
    }

    [Fact]
    public void Activations_follow_their_formulas()
    {
        var x = Numbers.Normal(101, 1, 3);
        static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));
        Forward("relu", Map(x, v => Math.Max(v, 0)), e => e.Activation(e.FromDoubles(x), Act.Relu));
        Forward("silu", Map(x, v => v * Sigmoid(v)), e => e.Activation(e.FromDoubles(x), Act.Silu));
        Forward("quick", Map(x, v => v * Sigmoid(1.702 * v)), e => e.Activation(e.FromDoubles(x), Act.QuickGelu));
        Forward("gelu", Map(x, v => v * 0.5 * (1 + ErrorFunction.At(v / Math.Sqrt(2)))), e => e.Activation(e.FromDoubles(x), Act.GeluErf));
        Forward("gelu_tanh", Map(x, v => v * 0.5 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)))), e => e.Activation(e.FromDoubles(x), Act.GeluTanh));
        Forward("tanh", Map(x, Math.Tanh), e => e.Tanh(e.FromDoubles(x)));
        Forward("exp", Map(x, Math.Exp), e => e.Exp(e.FromDoubles(x)));
        Forward("scale", Map(x, v => v * 3.5), e => e.Scale(e.FromDoubles(x), 3.5));
        Forward("log_sigmoid", Map(x, v => -Math.Log(1 + Math.Exp(-v))), e => e.LogSigmoid(e.FromDoubles(x)));
        Forward("log1m_exp", Map(x, v => Math.Log(1 - Math.Exp(-Math.Abs(v) - 0.01))), e => e.Log1mExp(e.FromDoubles(Map(x, v => -Math.Abs(v) - 0.01))));
        Forward("swiglu", Map(x, v => v * Sigmoid(v) * 2 * v), e => e.GatedAct(e.FromDoubles(x), e.FromDoubles(Map(x, v => 2 * v)), Act.Silu));
    }

    [Fact]
    public void Log_sigmoid_stays_exact_far_out()
    {
        Forward("log_sigmoid", [-80, 0, -1e-20 / 1e-20 * Math.Log(2)], e => e.LogSigmoid(e.FromDoubles([-80, 200, 0])));
    }

    [Fact]
    public void Rows_and_single_elements_broadcast()
    {
        Forward("add", [11, 22, 13, 24], e => e.Add(e.FromDoubles([1, 2, 3, 4], 2, 2), e.FromDoubles([10, 20], 2)));
        Forward("mul", [10, 40, 30, 80], e => e.Mul(e.FromDoubles([1, 2, 3, 4], 2, 2), e.FromDoubles([10, 20], 2)));
        Forward("one", [3, 4, 5, 6], e => e.Add(e.FromDoubles([1, 2, 3, 4], 2, 2), e.FromDoubles([2], 1)));
    }

    [Fact]
    public void Shapes_move_elements_and_change_none()
    {
        double[] x = [.. Enumerable.Range(0, 24).Select(i => (double)i)], first = [.. x.Take(12)];
        Forward("transpose", [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], e => e.Transpose(e.FromDoubles(first, 3, 4), 0, 1));
        Forward("transpose outer", [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11], e => e.Transpose(e.FromDoubles(first, 2, 3, 2), 0, 1));
        Forward("narrow rows", [4, 5, 6, 7], e => e.Narrow(e.FromDoubles(first, 3, 4), 0, 1, 1));
        Forward("narrow columns", [1, 2, 5, 6, 9, 10], e => e.Narrow(e.FromDoubles(first, 3, 4), 1, 1, 2));
        Forward("cat", [0, 1, 4, 2, 3, 5], e => e.Cat([e.FromDoubles([0, 1, 2, 3], 2, 2), e.FromDoubles([4, 5], 2, 1)], 1));
        Forward("gather", [2, 3, 0, 1, 2, 3], e => e.Gather(e.FromDoubles([0, 1, 2, 3], 2, 2), e.FromInts([1, 0, 1])));
        Forward("sum", [3, 5, 7], e => e.Sum(e.FromDoubles([0, 1, 2, 3, 4, 5], 2, 3), 0));
        Forward("sum last", [3, 12], e => e.Sum(e.FromDoubles([0, 1, 2, 3, 4, 5], 2, 3), -1));
        Forward("segment sum", [0, 0, 6, 9], e => e.SegmentSum(e.FromDoubles([0, 1, 2, 3, 4, 5], 3, 2), [0, 3]));
        Forward("segment mean", [0, 1, 3, 4], e => e.SegmentMean(e.FromDoubles([0, 1, 2, 3, 4, 5], 3, 2), [1, 2]));
        Forward("views of views", [9, 10], e => e.Narrow(e.Reshape(e.Narrow(e.FromDoubles(x, 6, 4), 0, 2, 2), 8), 0, 1, 2));
    }

    [Fact]
    public void Norms_scale_each_row()
    {
        const int n = 21;
        var (x, w, b) = (Numbers.Normal(3 * n, 1), Numbers.Normal(n, 2), Numbers.Normal(n, 3));
        double[] Rms(double plus) => [.. Enumerable.Range(0, 3).SelectMany(r =>
        {
            var row = Row(x, r, n);
            var scale = 1 / Math.Sqrt(row.Average(v => v * v) + 1e-5);
            return row.Select((v, i) => v * scale * (plus + w[i]));
        })];
        Forward("rms", Rms(0), e => e.RmsNorm(e.FromDoubles(x, 3, n), e.FromDoubles(w), 1e-5));
        Forward("rms plus one", Rms(1), e => e.RmsNorm(e.FromDoubles(x, 3, n), e.FromDoubles(w), 1e-5, plusOne: true));
        double[] layer = [.. Enumerable.Range(0, 3).SelectMany(r =>
        {
            var row = Row(x, r, n);
            var mean = row.Average();
            var scale = 1 / Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
            return row.Select((v, i) => (v - mean) * scale * w[i] + b[i]);
        })];
        Forward("layer", layer, e => e.LayerNorm(e.FromDoubles(x, 3, n), e.FromDoubles(w), e.FromDoubles(b), 1e-5));
    }

    [Fact]
    public void Rope_turns_the_two_halves_of_each_head_and_leaves_the_rest()
    {
        // One head of five: elements 0 and 2, 1 and 3 are pairs; element 4 passes. A quarter turn maps (a, b) to (-b, a).
        Forward("rope", [1, 2, 3, 4, 5, -8, 7, 6, 9, 10], e => e.Rope(
            e.FromDoubles([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 2, 5), e.FromDoubles([1, 1, 0, 1], 2, 2), e.FromDoubles([0, 0, 1, 0], 2, 2), e.FromInts([0, 1]), 5));
    }

    [Fact]
    public void Softmax_works_along_any_dimension()
    {
        Forward("softmax", [0.25, 0.75, 0.5, 0.5], e => e.Softmax(e.FromDoubles([0, Math.Log(3), 1000, 1000], 2, 2)));
        Forward("softmax 0", [0.25, 0.5, 0.75, 0.5], e => e.Softmax(e.FromDoubles([0, 1000, Math.Log(3), 1000], 2, 2), 0));
    }

    [Fact]
    public void Writing_rows_changes_only_those_rows()
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var cache = engine.Zeros(4, 2);
        engine.WriteRows(cache, [3, 1], engine.FromDoubles([1, 2, 3, 4], 2, 2));
        Assert.Equal([0, 0, 3, 4, 0, 0, 1, 2], engine.ToDoubles(cache));
    }
}

namespace Temper.Tensors.Tests;

/// <summary>The polynomials against f64, over their whole range, in units in the last place of f32.</summary>
public sealed unsafe class FloatMathTests
{
    private static double WorstUlp(Func<Wide, Wide> f, Func<double, double> exact, float from, float to)
    {
        var worst = 0.0;
        float* x = stackalloc float[16], y = stackalloc float[16];
        for (var step = 0; step < 20_000; step++)
        {
            for (var lane = 0; lane < 16; lane++) x[lane] = (float)(from + ((double)to - from) * (step * 16 + lane) / 320_000);
            f(Wide.Load(x)).Store(y);
            for (var lane = 0; lane < 16; lane++)
            {
                var expected = exact(x[lane]);
                var ulp = Math.Max(float.BitIncrement(MathF.Abs((float)expected)) - MathF.Abs((float)expected), float.Epsilon);
                worst = Math.Max(worst, Math.Abs(y[lane] - expected) / ulp);
            }
        }

        return worst;
    }

    [Fact]
    public void Errors_stay_below_what_the_documentation_states()
    {
        Assert.InRange(WorstUlp(Wide.Exp, Math.Exp, -87, 88.5f), 0, 2);
        Assert.InRange(WorstUlp(Wide.Exp, Math.Exp, -1, 1), 0, 2);
        Assert.InRange(WorstUlp(Wide.Log, Math.Log, 1e-3f, 3), 0, 2);
        Assert.InRange(WorstUlp(Wide.Log, Math.Log, 1, 1e6f), 0, 2);
        Assert.InRange(WorstUlp(Wide.Tanh, Math.Tanh, -12, 12), 0, 4);
        Assert.InRange(WorstUlp(Wide.Tanh, Math.Tanh, -0.7f, 0.7f), 0, 4);
        Assert.InRange(WorstUlp(Wide.Erf, ErrorFunction.At, -5, 5), 0, 4);
    }

    [Fact]
    public void Limits_are_kept()
    {
        var x = stackalloc float[16];
        new Span<float>(x, 16).Clear();
        (x[0], x[1], x[2], x[3], x[4]) = (float.NegativeInfinity, float.PositiveInfinity, float.NaN, 100, -110);
        var y = stackalloc float[16];
        Wide.Exp(Wide.Load(x)).Store(y);
        Assert.Equal([0, float.PositiveInfinity, float.NaN, float.PositiveInfinity, 0, 1], new ReadOnlySpan<float>(y, 6).ToArray());
        Wide.Tanh(Wide.Load(x)).Store(y);
        Assert.Equal([-1, 1, float.NaN, 1, -1, 0], new ReadOnlySpan<float>(y, 6).ToArray());
    }

    [Theory]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(2.9, 0.999958902121900)]
    [InlineData(-3.5, -0.999999256901628)]
    public void The_wide_error_function_matches_the_tables(double x, double expected) => Assert.Equal(expected, ErrorFunction.At(x), 1e-14);

    [Fact]
    public void Every_width_gives_the_same_bits()
    {
        var values = Numbers.Normal(4096, 3, 20).Select(v => (float)v).ToArray();
        fixed (float* x = values)
        {
            for (var i = 0; i < values.Length; i += 16)
            {
                var wide = Bits<Wide>(x + i);
                Assert.Equal(wide, Bits<Narrow>(x + i));
                Assert.Equal(wide, Bits<Scalar>(x + i));
            }
        }
    }

    private static int[] Bits<V>(float* x) where V : struct, ILanes<V, float>
    {
        var v = V.Load(x);
        V[] results = [V.Exp(v), V.Log(V.Abs(v)), V.Tanh(v), V.Erf(v), V.Broadcast(v.Sum()), V.Broadcast(v.Largest()), V.Max(v, V.Zero), V.Sqrt(V.Abs(v))];
        var bits = new int[results.Length * 16];
        fixed (int* b = bits)
            for (var i = 0; i < results.Length; i++) results[i].Store((float*)b + i * 16);
        return bits;
    }
}

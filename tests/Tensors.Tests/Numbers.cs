namespace Temper.Tensors.Tests;

/// <summary>Test values as pure functions of a seed.</summary>
internal static class Numbers
{
    public static double[] Normal(int count, uint seed, double deviation = 1)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++) values[i] = deviation * Philox.Normal(new RandomKey(seed, 9), i);
        return values;
    }

    public static Tensor Random(this IEngine engine, uint seed, params ReadOnlySpan<long> shape)
    {
        var count = 1;
        foreach (var size in shape) count *= (int)size;
        return engine.FromDoubles(Normal(count, seed), shape);
    }

    /// <summary>Scalar Σ r·x with fixed random r, so that every element's gradient differs.</summary>
    public static Tensor Weighted(this IEngine engine, Tensor x)
    {
        var flat = engine.Reshape(x, x.Count);
        return engine.Reshape(engine.Sum(engine.Mul(flat, engine.Random(77, x.Count)), 0));
    }

    public static void Close(double expected, double actual, double tolerance, string what)
    {
        var scale = Math.Max(1, Math.Abs(expected));
        Assert.True(Math.Abs(expected - actual) <= tolerance * scale, $"{what}: expected {expected:R}, found {actual:R}");
    }

    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Close(expected[i], actual[i], tolerance, $"{what}[{i}]");
    }
}

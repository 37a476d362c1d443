namespace Temper.Tensors;

/// <summary>erf in f64: the Maclaurin series below 3 and the continued fraction of erfc above. Relative error below 1e-13.</summary>
internal static class ErrorFunction
{
    /// <summary>erf(x).</summary>
    public static double At(double x)
    {
        var size = Math.Abs(x);
        if (!(size < 6)) return double.IsNaN(x) ? x : Math.Sign(x);
        return size < 3 ? Series(x) : Math.Sign(x) * (1 - Tail(size));
    }

    private static double Series(double x)
    {
        // erf x = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms positive.
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 1.1283791670955126 * Math.Exp(-x * x) * sum;
    }

    private static double Tail(double x)
    {
        var fraction = x;
        for (var n = 80; n >= 1; n--) fraction = x + n / 2.0 / fraction;
        return Math.Exp(-x * x) / (fraction * 1.7724538509055160);
    }
}

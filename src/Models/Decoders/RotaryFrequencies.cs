namespace Temper.Models;

/// <summary>Rotary frequencies θ^(-2j/HeadSize) of a model (Su et al. 2021, arXiv:2104.09864), scaled by its rule, and the factor on cosine and sine.</summary>
internal static class RotaryFrequencies
{
    /// <summary>The HeadSize / 2 frequencies for texts of <paramref name="length"/> tokens; only <see cref="RotaryKind.Dynamic"/> depends on it.</summary>
    public static double[] Of(ModelConfig config, int length)
    {
        var scaling = config.Rope;
        var theta = scaling.Kind == RotaryKind.Dynamic ? Grown(config, length) : config.RopeTheta;
        var plain = new double[config.HeadSize / 2];
        for (var j = 0; j < plain.Length; j++) plain[j] = 1 / Math.Pow(theta, 2.0 * j / config.HeadSize);
        return scaling.Kind switch
        {
            RotaryKind.Linear => Array.ConvertAll(plain, f => f / scaling.Factor),
            RotaryKind.Llama3 => Array.ConvertAll(plain, f => ByWavelength(f, scaling, Original(config))),
            RotaryKind.Yarn => Ramped(plain, config),
            _ => plain,
        };
    }

    /// <summary>Factor on cosine and sine.</summary>
    public static double Magnitude(RotaryScaling scaling) => scaling.Kind == RotaryKind.Yarn ? scaling.AttentionFactor ?? 0.1 * Math.Log(scaling.Factor) + 1 : 1;

    private static int Original(ModelConfig config) => config.Rope.OriginalPositions ?? config.MaxPositions;

    private static double Grown(ModelConfig config, int length)
    {
        var (factor, size, trained) = (config.Rope.Factor, (double)config.HeadSize, (double)Original(config));
        return config.RopeTheta * Math.Pow(factor * Math.Max(length, trained) / trained - (factor - 1), size / (size - 2));
    }

    private static double ByWavelength(double f, RotaryScaling scaling, double original)
    {
        var turns = original * f / (2 * Math.PI);
        if (turns < scaling.LowFrequencyFactor) return f / scaling.Factor;
        if (turns > scaling.HighFrequencyFactor) return f;
        var share = (turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return (1 - share) * f / scaling.Factor + share * f;
    }

    private static double[] Ramped(double[] plain, ModelConfig config)
    {
        var scaling = config.Rope;
        // The index of the frequency that turns so many times within the original context.
        double Edge(double turns) => config.HeadSize * Math.Log(Original(config) / (turns * 2 * Math.PI)) / (2 * Math.Log(config.RopeTheta));
        var (low, high) = (Edge(scaling.BetaFast), Edge(scaling.BetaSlow));
        if (scaling.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, config.HeadSize - 1));
        var width = high == low ? 0.001 : high - low;
        return [.. plain.Select((f, j) =>
        {
            var divided = Math.Clamp((j - low) / width, 0, 1);
            return f / scaling.Factor * divided + f * (1 - divided);
        })];
    }
}

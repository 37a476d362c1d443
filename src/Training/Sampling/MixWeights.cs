using Temper.Core.Errors;

namespace Temper.Training.Sampling;

/// <summary>Weights as whole numbers, so that every machine draws the same.</summary>
internal static class MixWeights
{
    private const decimal Millionths = 1_000_000;

    /// <summary>Largest sum of weights: a draw multiplies it with 64 random bits.</summary>
    private const ulong Most = 1UL << 62;

    /// <summary>Probabilities in millionths, divided by their greatest common divisor: all ones when they are equal.</summary>
    public static ulong[] Units(IReadOnlyList<MixDataset> datasets)
    {
        var units = datasets.Select(d => (ulong)decimal.Round(d.Probability * Millionths)).ToArray();
        var divisor = units.Aggregate(0UL, Divisor);
        return divisor == 0 ? units : [.. units.Select(u => u / divisor)];
    }

    /// <summary>Of each dataset at the beginning of an epoch; auto-weighting then lowers its own in proportion to what is left.</summary>
    /// <param name="mix">The mix.</param>
    /// <param name="draws">Draws that an epoch takes from each dataset.</param>
    /// <exception cref="TemperException"><c>mix_invalid</c>: the sum passes 2⁶².</exception>
    public static ulong[] Of(Mix mix, IReadOnlyList<long> draws)
    {
        var units = Units(mix.Datasets);
        var weights = units.Select((unit, d) => mix.Strategy switch
        {
            MixStrategy.AutoWeighting => (UInt128)unit * (ulong)draws[d],
            MixStrategy.Temperature => (UInt128)unit * Power(mix.Datasets[d].PerEpoch, mix.Alpha),
            MixStrategy.Uniform => (UInt128)unit,
            _ => unit == 0 ? UInt128.Zero : UInt128.One,
        }).ToArray();
        if (weights.Aggregate(UInt128.Zero, (sum, w) => sum + w) > Most)
            throw new TemperException("mix_invalid", "The weights of the datasets (probability × items) add up to more than 2^62.", "Write probabilities with fewer digits.");
        return [.. weights.Select(w => (ulong)w)];
    }

    /// <summary>
    /// 256 · items^alpha, rounded down. Only multiplications and square roots, which IEEE 754 rounds exactly, so that all machines agree:
    /// alpha is a sum of 2⁻ᵏ, and items^(2⁻ᵏ) is k square roots.
    /// </summary>
    public static ulong Power(long items, double alpha)
    {
        var bits = (long)Math.Round(alpha * (1 << 20));
        var (root, product) = ((double)items, bits >> 20 != 0 ? items : 1.0);
        for (var k = 19; k >= 0; k--)
        {
            root = Math.Sqrt(root);
            if ((bits >> k & 1) != 0)
                product *= root;
        }
        return Math.Max(1, (ulong)(product * 256));
    }

    private static ulong Divisor(ulong a, ulong b) => b == 0 ? a : Divisor(b, a % b);
}

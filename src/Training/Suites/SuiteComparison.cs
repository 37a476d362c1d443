namespace Temper.Training.Suites;

/// <summary>Two models' answers to the same suite, side by side.</summary>
/// <param name="Better">Cases that the first passed and the other did not.</param>
/// <param name="Worse">Cases that the other passed and the first did not.</param>
/// <param name="Same">Cases judged alike.</param>
public sealed record SuiteComparison(IReadOnlyList<string> Better, IReadOnlyList<string> Worse, int Same)
{
    /// <summary>
    /// How likely so uneven a split of the cases that differ is when neither model is better: two-sided sign test (exact binomial; McNemar 1947). Small
    /// numbers speak for a true difference.
    /// </summary>
    public double SignTest { get; } = Sign(Better.Count, Worse.Count);

    /// <summary>Compares two results of one suite.</summary>
    public static SuiteComparison Of(SuiteScore ours, SuiteScore theirs)
    {
        var pairs = ours.Cases.Zip(theirs.Cases).ToArray();
        return new([.. pairs.Where(p => p.First.Passed && !p.Second.Passed).Select(p => p.First.Id)], [.. pairs.Where(p => !p.First.Passed && p.Second.Passed).Select(p => p.First.Id)],
            pairs.Count(p => p.First.Passed == p.Second.Passed));
    }

    private static double Sign(int a, int b)
    {
        var (n, k) = (a + b, Math.Min(a, b));
        // Σ C(n, i) / 2ⁿ for i ≤ k, each term from the one before it in logarithms: n may be large.
        var (log, sum) = (-n * Math.Log(2), 0.0);
        for (var i = 0; i <= k; i++)
        {
            sum += Math.Exp(log);
            log += Math.Log((double)(n - i) / (i + 1));
        }
        return Math.Min(1, 2 * sum);
    }
}

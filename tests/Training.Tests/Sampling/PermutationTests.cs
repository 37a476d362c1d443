using Temper.Tensors;

namespace Temper.Training.Tests.Sampling;

/// <summary>The permutation that shuffles an epoch, as statistics see it.</summary>
public sealed class PermutationTests
{
    [Fact]
    public void Every_size_up_to_five_thousand_is_permuted_without_loss() => Parallel.For(1, 5001, n =>
    {
        var (order, seen) = (new KeyedPermutation(new RandomKey(42, 0x101, (uint)n), n), new bool[n]);
        for (var i = 0; i < n; i++)
            seen[order[i]] = true;
        Assert.DoesNotContain(false, seen);
    });

    [Theory]
    [InlineData(16, 20_000)]
    [InlineData(23, 10_000)]
    public void Every_item_is_as_often_at_every_place(int n, int passes)
    {
        var counts = new double[n * n];
        foreach (var order in Orders(n, passes))
            for (var i = 0; i < n; i++)
                counts[i * n + order[i]]++;
        Within(ChiSquare(counts, (double)passes / n), (n - 1) * (n - 1));
    }

    [Theory]
    [InlineData(24, 8_000)]
    [InlineData(50, 5_000)]
    public void Every_item_is_as_often_behind_every_other(int n, int passes)
    {
        var counts = new double[n * n];
        foreach (var order in Orders(n, passes))
            for (var i = 1; i < n; i++)
                counts[order[i - 1] * n + order[i]]++;
        Within(ChiSquare([.. counts.Where((_, cell) => cell / n != cell % n)], passes * (n - 1.0) / (n * (n - 1))), n * (n - 1) - 1);
    }

    [Fact]
    public void One_pass_tells_nothing_about_the_next()
    {
        const int N = 31, Passes = 12_000;
        var (counts, same) = (new double[N * N], 0);
        int[]? before = null;
        foreach (var order in Orders(N, Passes))
        {
            for (var i = 0; i < N && before is not null; i++)
            {
                counts[before[i] * N + order[i]]++;
                same += before[i] == order[i] ? 1 : 0;
            }
            before = order;
        }
        Within(ChiSquare(counts, (Passes - 1.0) / N), (N - 1) * (N - 1));
        // As many items keep their place as in a shuffle of cards: one a pass.
        Assert.InRange(same, Passes - 4 * Math.Sqrt(Passes), Passes + 4 * Math.Sqrt(Passes));
    }

    private static IEnumerable<int[]> Orders(int n, int passes)
    {
        for (uint pass = 0; pass < passes; pass++)
        {
            var order = new KeyedPermutation(new RandomKey(7, 0x101, pass), n);
            yield return [.. Enumerable.Range(0, n).Select(i => (int)order[i])];
        }
    }

    private static double ChiSquare(double[] counts, double expected) => counts.Sum(c => (c - expected) * (c - expected) / expected);

    /// <summary>Four standard deviations around the mean of chi-square.</summary>
    private static void Within(double statistic, int freedom) => Assert.InRange(statistic, freedom - 4 * Math.Sqrt(2.0 * freedom), freedom + 4 * Math.Sqrt(2.0 * freedom));
}

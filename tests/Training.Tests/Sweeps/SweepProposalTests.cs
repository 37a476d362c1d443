using System.Globalization;
using Temper.Training.Recipes;
using Temper.Training.Sweeps;

namespace Temper.Training.Tests.Sweeps;

/// <summary>What trials try: the same for the same seed, inside of what was asked for, nothing twice.</summary>
public sealed class SweepProposalTests
{
    private static readonly SweepParameter Rate = new SweepParameter.Drawn("training.learning_rate", "learning_rate", 1, RangeKind.LogUniform, 1e-5, 1e-1);
    private static readonly SweepParameter Rank = new SweepParameter.Drawn("lora.r", "lora.r", 2, RangeKind.Int, 1, 4);
    private static readonly SweepParameter Share = new SweepParameter.Drawn("lora.lora_dropout", "lora.lora_dropout", 3, RangeKind.Uniform, 0.1, 0.3);
    private static readonly SweepParameter.Listed Schedule = List("training.lr_scheduler_type", "cosine", "linear", "constant");

    [Fact]
    public void A_grid_is_every_combination_the_last_parameter_fastest()
    {
        var grid = SweepProposals.Grid([List("a", "1", "2"), List("b", "x", "y", "z")])!;
        Assert.Equal(["1x", "1y", "1z", "2x", "2y", "2z"], grid.Select(Text));
        var large = List("a", [.. Enumerable.Range(0, 40).Select(n => $"{n}")]);
        Assert.Null(SweepProposals.Grid([large, large, large, large, large, large, large, large, large, large, large, large, large]));
        Assert.Null(SweepProposals.Grid([large, large]));
    }

    [Fact]
    public void The_same_seed_proposes_the_same_trials_and_another_seed_others()
    {
        var first = SweepProposals.Random([Rate, Rank, Share, Schedule], 50, 7).Select(Text).ToList();
        Assert.Equal(first, SweepProposals.Random([Rate, Rank, Share, Schedule], 50, 7).Select(Text));
        Assert.Equal(first.Take(20), SweepProposals.Random([Rate, Rank, Share, Schedule], 20, 7).Select(Text));
        Assert.NotEqual(first[0], Text(SweepProposals.Random([Rate, Rank, Share, Schedule], 1, 8)[0]));
        // Pinned: sweeps of other versions must propose these, too.
        Assert.Equal("0.00970504 4", string.Join(' ', SweepProposals.Random([Rate, Rank], 1, 7)[0].Select(v => v.Shown)));
    }

    [Fact]
    public void Another_parameter_or_another_order_changes_no_value()
    {
        var alone = SweepProposals.Random([Rate], 20, 3).Select(v => v[0].Shown);
        var together = SweepProposals.Random([Schedule, Share, Rate], 20, 3).Select(v => v[2].Shown);
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Values_stay_inside_their_ranges_and_reach_all_of_them(int seed)
    {
        var drawn = SweepProposals.Random([Rate, Rank, Share], 600, (ulong)seed);
        Assert.Equal(600, drawn.Select(Text).Distinct().Count());
        var rates = drawn.Select(v => Number(v[0])).ToList();
        Assert.All(rates, rate => Assert.InRange(rate, 1e-5, 1e-1));
        // Each of the four decades gets its quarter.
        Assert.All(rates.GroupBy(rate => Math.Floor(Math.Log10(rate))), decade => Assert.InRange(decade.Count(), 110, 190));
        Assert.Equal([1, 2, 3, 4], drawn.Select(v => Number(v[1])).Distinct().Order());
        Assert.All(drawn, v => Assert.InRange(Number(v[2]), 0.1, 0.3));
        Assert.InRange(drawn.Average(v => Number(v[2])), 0.19, 0.21);
    }

    [Fact]
    public void Lists_that_have_fewer_combinations_give_each_of_them_once()
    {
        var drawn = SweepProposals.Random([Schedule, List("b", "1", "2")], 100, 1);
        Assert.Equal(6, drawn.Count);
        Assert.Equal(6, drawn.Select(Text).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void As_many_trials_as_there_are_combinations_are_all_of_them_and_begin_with_those_of_a_smaller_sweep(int seed)
    {
        SweepParameter[] lists = [List("a", [.. Enumerable.Range(0, 25).Select(n => $"{n}")]), new SweepParameter.Drawn("b", "b", 2, RangeKind.Int, 1, 40)];
        var all = SweepProposals.Random(lists, 1000, (ulong)seed).Select(v => string.Join(' ', v.Select(n => n.Shown))).ToList();
        Assert.Equal(1000, all.Distinct().Count());
        Assert.Equal(all[..700], SweepProposals.Random(lists, 700, (ulong)seed).Select(v => string.Join(' ', v.Select(n => n.Shown))));
        Assert.Equal(all[..999], SweepProposals.Random(lists, 999, (ulong)seed).Select(v => string.Join(' ', v.Select(n => n.Shown))));
    }

    private static SweepParameter.Listed List(string path, params string[] values) => new(path, path, 1, [.. values.Select(v => new RecipeNode.Scalar(v, false, 1))]);

    private static string Text(IReadOnlyList<RecipeNode> values) => string.Concat(values.Select(v => v.Shown));

    private static double Number(RecipeNode node) => double.Parse(node.Shown, CultureInfo.InvariantCulture);
}

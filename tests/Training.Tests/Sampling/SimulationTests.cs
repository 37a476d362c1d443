using Temper.Training.Sampling;

namespace Temper.Training.Tests.Sampling;

public sealed class SimulationTests
{
    [Theory]
    [InlineData(MixStrategy.AutoWeighting)]
    [InlineData(MixStrategy.Uniform)]
    [InlineData(MixStrategy.Temperature)]
    [InlineData(MixStrategy.RoundRobin)]
    [InlineData(MixStrategy.Sequential)]
    public void Epochs_are_covered_exactly_and_shares_are_the_asked_for_ones(MixStrategy way)
    {
        var mix = Mixes.Of(8, Mixes.Text("a", 5_000), Mixes.Text("b", 700) with { Repeats = 2, Probability = 1.5m }, Mixes.Text("c", 1_300)) with { Strategy = way };
        var found = Simulation.Of(new(mix), 30, 2, null);
        Assert.Equal((1.0, 0L, 0L, true, 30), (found.Coverage, found.LeftOut, found.Padded, found.Whole, found.Draws.Count));
        Assert.Equal([1050, 1050], found.StepsPerEpoch);
        Assert.All(found.Datasets, d => Assert.InRange(d.Sigma, -3, 3));
        Assert.Equal([(2, 2), (6, 6), (2, 2)], found.Datasets.Select(d => (d.Buckets[0].Least!.Value, d.Buckets[0].Most!.Value)));
        Assert.Equal(8400, found.Datasets.Sum(d => d.Seen) / 2);
    }

    [Fact]
    public void What_is_carried_padded_or_left_out_is_counted()
    {
        var mix = Mixes.Of(4, Mixes.Images("birds", ("1.00", 13), ("0.75", 9)), Mixes.Images("cats", ("1.00", 6)));
        var carried = Simulation.Of(new(mix), 5, 1, null);
        Assert.Equal((1.0, 6), (carried.Coverage, Assert.Single(carried.StepsPerEpoch)));
        Assert.Equal([2, 2], carried.Datasets.Select(d => d.Carried));
        Assert.Equal([3, 2], carried.Datasets[0].Buckets.Select(b => b.Batches!.Value));
        var dropped = Simulation.Of(new(mix with { Remainder = Remainder.Drop }), 5, 1, null);
        Assert.Equal((4L, 24 / 28.0), (dropped.LeftOut, dropped.Coverage!.Value));
        var padded = Simulation.Of(new(mix with { Remainder = Remainder.PadFromSameBucket }), 5, 1, null);
        Assert.Equal((8L, 1.0, 0L), (padded.Padded, padded.Coverage!.Value, padded.LeftOut));
        var first = Simulation.Of(new(Mixes.Of(5, Mixes.Text("long", 1000), Mixes.Text("short", 10)) with { StopOn = StopOn.FirstExhausted, Strategy = MixStrategy.Uniform }), 5, 1, null);
        Assert.True(first.Coverage < 0.1 && first.LeftOut > 900);
    }

    [Fact]
    public void A_billion_items_are_not_counted_one_by_one_and_endless_mixes_are_walked_as_far_as_asked()
    {
        var large = Simulation.Of(new(Mixes.Of(100, Mixes.Text("web", 1_000_000_000), Mixes.Text("code", 500_000_000))), 1_000, 3, null);
        Assert.Equal((1_000, 10, false, null), (large.Draws.Count, large.Steps, large.Whole, large.Coverage));
        var endless = Simulation.Of(new(Mixes.ThreeTexts with { StopOn = StopOn.MaxSteps }), 600, 1, 50);
        Assert.Equal((300, 50), (endless.Draws.Count, endless.Steps));
    }
}

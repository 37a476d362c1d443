using Temper.Core.Registry;
using Temper.Registry.Sweeps;

namespace Temper.Registry.Tests.Sweeps;

/// <summary>Rungs and decisions against tables made by hand.</summary>
public sealed class SweepRungsTests
{
    [Theory]
    [InlineData(1, 81, 3, "1 3 9 27 81")]
    [InlineData(10, 100, 3, "10 30 90 100")]
    [InlineData(2, 12, 2, "2 4 8 12")]
    [InlineData(5, 5, 4, "5")]
    [InlineData(1000000000, 2147483647, 2, "1000000000 2000000000 2147483647")]
    public void Rungs_grow_by_eta_and_end_at_the_whole_run(int least, int most, int eta, string expected) =>
        Assert.Equal(expected, string.Join(' ', SweepRungs.Steps(least, most, eta)));

    [Theory]
    [InlineData(81, 5, 3, "81 27 9 3 1", 297)]
    [InlineData(10, 4, 2, "10 5 2 1", 42)]
    [InlineData(3, 3, 4, "3 1 1", 9)]
    public void One_in_eta_enters_the_next_rung_and_at_least_one(int trials, int rungs, int eta, string expected, int work)
    {
        Assert.Equal(expected, string.Join(' ', SweepRungs.Entering(trials, rungs, eta)));
        var steps = eta == 3 ? SweepRungs.Steps(1, 81, 3) : eta == 2 ? SweepRungs.Steps(2, 12, 2) : [1, 4, 7];
        Assert.Equal(work, SweepRungs.Work(trials, steps, eta));
    }

    [Fact]
    public void A_rung_waits_for_all_its_trials_and_takes_the_best_then_the_lower_index()
    {
        var held = Facts("0:held:3 1:held:1 2:held:2 3:held:1 4:failed: 5:held: 6:held:2");
        var promote = Assert.IsType<SweepDecision.Promote>(SweepDecision.Of(held, SweepDirection.Minimize, 0, 3, 3));
        Assert.Equal((1, "1 3", 5), (promote.Next, string.Join(' ', promote.Up), promote.Among));
        Assert.Equal([(2, 3), (6, 4), (0, 5), (5, null)], promote.Out);
        var other = Assert.IsType<SweepDecision.Promote>(SweepDecision.Of(held, SweepDirection.Maximize, 0, 3, 3));
        Assert.Equal("0 2", string.Join(' ', other.Up));
        foreach (var moving in new[] { "queued", "running", "paused" })
            Assert.IsType<SweepDecision.Wait>(SweepDecision.Of([.. held, .. Facts($"7:{moving}:0")], SweepDirection.Minimize, 0, 3, 3));
    }

    [Fact]
    public void Who_is_alone_goes_to_the_end_and_where_all_failed_there_is_no_best()
    {
        Assert.Equal((3, "1"), SweepDecision.Of(Facts("0:held:2 1:held:1"), SweepDirection.Minimize, 0, 3, 3) is SweepDecision.Promote p ? (p.Next, string.Join(' ', p.Up)) : default);
        Assert.Equal((3, 0), SweepDecision.Of(Facts("0:failed: 1:held:"), SweepDirection.Minimize, 0, 3, 3) is SweepDecision.Promote q ? (q.Next, q.Up.Count) : default);
        Assert.Null(Assert.IsType<SweepDecision.Finish>(SweepDecision.Of(Facts("0:failed: 1:stopped:"), SweepDirection.Minimize, 3, 3, 3)).Best);
        Assert.Equal(2, Assert.IsType<SweepDecision.Finish>(SweepDecision.Of(Facts("0:completed:3 1:failed:1 2:completed:2"), SweepDirection.Minimize, 0, 0, 2)).Best);
        Assert.IsType<SweepDecision.Wait>(SweepDecision.Of(Facts("0:completed:3 1:evaluating:"), SweepDirection.Minimize, 0, 0, 2));
    }

    private static List<TrialFacts> Facts(string text) => [.. text.Split(' ').Select(t => t.Split(':')).Select(t =>
        new TrialFacts(int.Parse(t[0], null), 0, Enum.Parse<TrialStatus>(t[1], ignoreCase: true), t[2].Length == 0 ? null : double.Parse(t[2], null)))];
}

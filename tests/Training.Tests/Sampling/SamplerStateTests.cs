using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Training.Sampling;

namespace Temper.Training.Tests.Sampling;

/// <summary>Stopping anywhere and going on.</summary>
public sealed class SamplerStateTests
{
    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, All.Length)];

    private static Mix[] All =>
    [
        Mixes.ThreeBucketed, Mixes.ThreeTexts, Mixes.ThreeBucketed with { Remainder = Remainder.Drop }, Mixes.ThreeBucketed with { Remainder = Remainder.PadFromSameBucket, Strategy = MixStrategy.RoundRobin },
        Mixes.ThreeTexts with { Strategy = MixStrategy.RoundRobin }, Mixes.ThreeTexts with { Strategy = MixStrategy.Temperature, StopOn = StopOn.FirstExhausted }, Mixes.ThreeTexts with { StopOn = StopOn.MaxSteps },
        Mixes.ThreeBucketed with { StopOn = StopOn.MaxSteps }, Mixes.Of(4, Mixes.Text("one", 10) with { Repeats = 1 }), Mixes.ThreeTexts with { Remainder = Remainder.Drop, Strategy = MixStrategy.Uniform },
        Mixes.Of(3, Mixes.Text("a", 40), Mixes.Text("b", 30) with { EndStep = 7 }, Mixes.Text("c", 9) with { StartStep = 4, StartEpoch = 2 }),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_walk_resumed_after_any_step_goes_on_as_if_it_had_never_stopped(int kind)
    {
        const int Steps = 60;
        var (mix, whole) = (All[kind], Mixes.Walk(new(All[kind]), Steps));
        var walker = new Sampler(mix);
        for (var k = 0; k < Steps; k++)
        {
            var state = Copy(walker.State);
            Assert.Equal(k, state.GlobalStep);
            Assert.Equal(whole[k..Math.Min(Steps, k + 25)], Mixes.Walk(Sampler.Resume(mix, state), Math.Min(Steps - k, 25)));
            var moved = new Sampler(mix);
            moved.MoveTo(k);
            Assert.Equal(Text(state), Text(moved.State));
            // Twice in a row: the state of a walk that has just been resumed is the state that it was resumed from.
            walker = Sampler.Resume(mix, Copy(Sampler.Resume(mix, state).State));
            walker.Skip();
        }
        walker.MoveTo(7);
        Assert.Equal(whole[7..9], Mixes.Walk(walker, 2));
    }

    [Fact]
    public void A_walk_stopped_on_four_ranks_goes_on_with_two_eight_or_one()
    {
        var mix = Mixes.ThreeBucketed with { Batch = 8, Remainder = Remainder.PadFromSameBucket };
        var whole = Rows(new(mix), 12, 1);
        var stopped = new Sampler(mix);
        Assert.Equal(whole[..5], Rows(stopped, 5, 4));
        foreach (var ranks in new[] { 2, 8, 1 })
            Assert.Equal(whole[5..], Rows(Sampler.Resume(mix, Copy(stopped.State)), 7, ranks));
    }

    [Fact]
    public void The_state_of_twenty_datasets_is_smaller_than_four_kilobytes()
    {
        var mix = Mixes.Of(64, [.. Enumerable.Range(0, 20).Select(i => Mixes.Images($"a-dataset-of-a-long-name-{i}", ("1.00", 123_456_789), ("0.75", 987_654_321)) with { Repeats = 3 })]);
        var sampler = new Sampler(mix);
        for (var i = 0; i < 10_000; i++)
            sampler.Skip();
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(sampler.State, Wire.Json).Length, 1000, 4095);
    }

    [Fact]
    public void At_the_billionth_sample_a_walk_resumes_in_less_than_a_second_and_needs_no_more_memory()
    {
        var mix = Mixes.Of(100, Mixes.Text("web", 3_000_000_000), Mixes.Text("code", 700_000_000) with { Repeats = 1 }, Mixes.Text("books", 400_000_000));
        var start = new Sampler(mix);
        start.Skip();
        var state = start.State with { GlobalStep = 10_000_000, Draw = 1_000_000_000, Datasets = [.. start.State.Datasets.Zip([650_000_000L, 270_000_000, 80_000_000], (d, taken) => d with { Pass = 0, Cursor = [taken] })] };
        var began = Stopwatch.GetTimestamp();
        var (resumed, batch) = (Sampler.Resume(mix, Copy(state)), new GlobalBatch(100));
        resumed.Next(batch);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 1);
        Assert.Equal((10_000_000, 100), (batch.Step, batch.Count));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 500; i++)
            resumed.Next(batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        var plain = new Sampler(Mixes.Of(100, Mixes.Text("web", 3_000_000_000)));
        plain.MoveTo(10_000_000);
        plain.Next(batch);
        Assert.Equal((10_000_000, new Tensors.KeyedPermutation(new(42, 0x101), 3_000_000_000)[1_000_000_000]), (batch.Step, batch.Rows[0].Item));
    }

    [Fact]
    public void A_state_of_other_data_or_settings_is_refused_with_every_difference_unless_forced()
    {
        var mix = Mixes.ThreeTexts;
        var sampler = new Sampler(mix);
        for (var i = 0; i < 4; i++)
            sampler.Skip();
        var state = Copy(sampler.State);
        var other = mix with { Batch = 12, Strategy = MixStrategy.Uniform, Datasets = [mix.Datasets[0] with { Version = Digest.OfText("newer") }, mix.Datasets[1] with { Repeats = 3 }, Mixes.Text("poems", 5)] };
        var error = Assert.Throws<TemperException>(() => Sampler.Resume(other, state));
        Assert.All(error.Problems, p => Assert.Equal("data_state_mismatch", p.Code));
        Assert.Equal(["batch", "mix", "datasets", "datasets.chats.version", "datasets.code"], error.Problems.Select(p => p.Path));
        Assert.Contains("repeats 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("repeats 3", error.Message, StringComparison.Ordinal);
        var forced = Sampler.Resume(other, state, force: true);
        Assert.Equal((4, state.Datasets[0].Cursor[0]), (forced.Step, forced.State.Datasets[0].Cursor[0]));
        Assert.Equal(0, forced.State.Datasets[2].Cursor[0]);
        Mixes.Walk(forced, 3);
    }

    [Fact]
    public void A_state_that_nobody_wrote_is_refused()
    {
        var state = new Sampler(Mixes.ThreeTexts).State;
        foreach (var bad in new[] { state with { V = 2 }, state with { GlobalStep = -1 }, state with { Datasets = [state.Datasets[0] with { Cursor = [-4] }, .. state.Datasets.Skip(1)] }, state with { Datasets = [state.Datasets[0] with { Pass = long.MaxValue }, .. state.Datasets.Skip(1)] } })
            Assert.Equal("data_state_invalid", Assert.Throws<TemperException>(() => Sampler.Resume(Mixes.ThreeTexts, bad)).Code);
        Assert.Equal("data_state_mismatch", Assert.Throws<TemperException>(() => Sampler.Resume(Mixes.ThreeTexts, state with { ConfigSha = "0" })).Code);
    }

    private static SamplerState Copy(SamplerState state) => JsonSerializer.Deserialize<SamplerState>(Text(state), Wire.Strict)!;

    private static string Text(SamplerState state) => JsonSerializer.Serialize(state, Wire.Json);

    private static List<string> Rows(Sampler sampler, int steps, int ranks)
    {
        var (batch, rows) = (new GlobalBatch(sampler.Mix.Batch), new List<string>());
        for (var i = 0; i < steps; i++)
        {
            sampler.Next(batch);
            rows.Add(string.Join(' ', Enumerable.Range(0, ranks).SelectMany(r => batch.OfRank(r, ranks).ToArray().Select(Mixes.Shown))));
        }
        return rows;
    }
}

using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Tensors;
using Temper.Training.Sampling;

namespace Temper.Training.Tests.Sampling;

/// <summary>What holds for any mix, on some hundreds of them made by chance.</summary>
public sealed class SamplerPropertyTests
{
    private const int Steps = 50;

    [Fact]
    public void Any_mix_goes_on_from_any_step_keeps_buckets_apart_and_has_the_epochs_that_were_worked_out()
    {
        var (walked, gaps) = (0, 0);
        for (uint seed = 0; seed < 400; seed++)
        {
            var mix = Any(new(seed, 7));
            var whole = Walk(mix, out var epochs, out var gap);
            walked += whole.Count;
            gaps += gap is null ? 0 : 1;
            var lengths = new EpochLengths(mix);
            Assert.True(gap is null || Record.Exception(() => Far(lengths)) is TemperException { Code: "schedule_gap" }, $"mix {seed} at step {whole.Count}, {gap?.Message} {mix.Described}, batch {mix.Batch}, {string.Join(" | ", mix.Datasets.Select(d => d.Described))}");
            if (whole.Count == 0)
                continue;
            for (var step = 1; step < whole.Count; step++)
                Assert.True(mix.StopOn == StopOn.MaxSteps || lengths.EndsWith(step) == (epochs[step] != epochs[step - 1]), $"mix {seed}, step {step}: {mix.Described}, batch {mix.Batch}, {string.Join(" | ", mix.Datasets.Select(d => d.Described))}");
            var k = (int)Philox.Below(new(seed, 8), 0, whole.Count);
            var stopped = new Sampler(mix);
            stopped.MoveTo(k);
            var state = JsonSerializer.Deserialize<SamplerState>(JsonSerializer.Serialize(stopped.State, Wire.Json), Wire.Strict)!;
            Assert.Equal(whole[k..], Mixes.Walk(Sampler.Resume(mix, state), whole.Count - k));
        }
        Assert.True(walked > 10_000 && gaps > 10, $"{walked} steps, {gaps} gaps");
    }

    [Fact]
    public void In_any_mix_that_ends_with_its_data_every_item_is_seen_as_often_as_asked()
    {
        for (uint seed = 1000; seed < 1300; seed++)
        {
            var mix = Any(new(seed, 7)) with { StopOn = StopOn.AllExhausted };
            mix = mix with { Datasets = [.. mix.Datasets.Select(d => d with { StartStep = 0, EndStep = null, StartEpoch = 1, EndEpoch = null })] };
            if (mix.Rest == Remainder.Drop)
                mix = mix with { Remainder = mix.Bucketed ? Remainder.Carry : null };
            var found = Simulation.Of(new(mix), 0, 3, null);
            Assert.True(found.Coverage == 1.0 && found.LeftOut == 0, $"mix {seed}: {found.Coverage}");
            foreach (var (dataset, d) in mix.Datasets.Select((x, d) => (x, d)))
                foreach (var bucket in found.Datasets[d].Buckets)
                    Assert.True(dataset.Probability == 0 ? bucket.Seen == 0 : found.Datasets[d].Carried > 0 || (bucket.Least, bucket.Most) == (3 * (1 + dataset.Repeats), 3 * (1 + dataset.Repeats)), $"mix {seed}: {bucket}");
        }
    }

    /// <summary>Meets whatever a gap there is in a long run.</summary>
    private static void Far(EpochLengths lengths)
    {
        lengths.Simulate(100 * Steps);
        lengths.StepsAfter(500);
    }

    private static List<string> Walk(Mix mix, out List<int> epochs, out TemperException? gap)
    {
        var (sampler, batch, rows) = (new Sampler(mix), new GlobalBatch(mix.Batch), new List<string>());
        (epochs, gap) = ([], null);
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                sampler.Next(batch);
                Assert.InRange(batch.Count, 1, mix.Batch);
                Assert.True(!mix.Bucketed || batch.Rows.ToArray().DistinctBy(r => (r.Dataset, r.Bucket)).Count() == 1);
                Assert.True(batch.Count == mix.Batch || mix.Rest == Remainder.Short);
                rows.Add($"{batch.Step} e{batch.Epoch}: {string.Join(' ', batch.Rows.ToArray().Select(Mixes.Shown))}");
                epochs.Add(batch.Epoch);
            }
        }
        catch (TemperException e) when (e.Code == "schedule_gap")
        {
            gap = e;
        }
        return rows;
    }

    private static Mix Any(RandomKey key)
    {
        var at = 0;
        int Below(int limit) => (int)Philox.Below(key, at++, limit);
        var bucketed = Below(2) == 0;
        var stop = (StopOn)Below(3);
        var windows = Below(3) == 0;
        MixDataset Dataset(int i)
        {
            var made = bucketed ? Mixes.Images($"d{i}", [.. Enumerable.Range(0, 1 + Below(4)).Select(b => ($"b{b}", 1L + Below(30)))]) : Mixes.Text($"d{i}", 1 + Below(60));
            made = made with { Probability = i == 0 ? 1 : new[] { 0, 0.25m, 1, 3 }[Below(4)], Repeats = Below(3) };
            if (windows && Below(2) == 0)
                made = made with { StartStep = Below(12), EndStep = Below(2) == 0 ? 13 + Below(20) : null };
            return windows && stop != StopOn.MaxSteps && Below(3) == 0 ? made with { StartEpoch = 1 + Below(2), EndEpoch = Below(2) == 0 ? 2 + Below(4) : null } : made;
        }
        return new()
        {
            Seed = key.Seed,
            Batch = 1 + Below(9),
            Datasets = [.. Enumerable.Range(0, 1 + Below(5)).Select(Dataset)],
            Strategy = (MixStrategy)Below(5),
            StopOn = stop,
            Remainder = bucketed ? (Remainder)Below(4) : new Remainder?[] { null, Remainder.Short, Remainder.Drop }[Below(3)],
        };
    }
}

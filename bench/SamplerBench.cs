using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Training.Sampling;

namespace Temper.Bench;

/// <summary>How fast the order of training is worked out, and how long a run needs to find its place at the billionth sample. One thread.</summary>
internal static class SamplerBench
{
    private const int Batch = 256;
    private const long Position = 1_000_000_000;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--steps");
        var mixed = Mix(20);
        var times = new List<double>();
        var state = JsonSerializer.SerializeToUtf8Bytes(At(mixed), Wire.Json);
        var batch = new GlobalBatch(Batch);
        for (var i = 0; i <= arguments.Steps; i++)
        {
            var began = Stopwatch.GetTimestamp();
            Sampler.Resume(mixed, JsonSerializer.Deserialize<SamplerState>(state, Wire.Strict)!).Next(batch);
            times.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        return new()
        {
            ["bench"] = "sampler",
            ["draws_per_second_one_dataset"] = Rate(arguments, Mix(1)),
            ["draws_per_second_three_datasets"] = Rate(arguments, Mix(3)),
            ["draws_per_second_twenty_datasets"] = Rate(arguments, mixed),
            ["draws_per_second_twenty_of_five_buckets"] = Rate(arguments, Mix(20, 5)),
            ["choices_per_second_three_datasets"] = Rate(arguments, Mix(3), items: false),
            ["position"] = Position,
            ["resume_seconds_first"] = Math.Round(times[0], 6),
            ["resume_seconds_median"] = Math.Round(Report.Median(times[1..]), 6),
            ["state_bytes"] = state.Length,
        };
    }

    private static Mix Mix(int datasets, int buckets = 0) => new()
    {
        Seed = 42,
        Batch = Batch,
        Datasets = [.. Enumerable.Range(0, datasets).Select(d => new MixDataset($"dataset-{d}", Digest.OfText($"version {d}"),
            buckets == 0 ? [new("", 500_000_000L + 1_000_003L * d)] : [.. Enumerable.Range(0, buckets).Select(b => new MixBucket($"{b}", 100_000_000L + 1_003L * b))])
        {
            Probability = 1 + d % 3,
            Repeats = d % 2,
        })],
    };

    /// <summary>A state of that many samples, as a checkpoint holds it.</summary>
    private static SamplerState At(Mix mix)
    {
        var start = new Sampler(mix).State;
        var share = Position / mix.Datasets.Count;
        return start with { GlobalStep = (int)(Position / Batch), Draw = Position, Datasets = [.. start.Datasets.Select(d => d with { Cursor = [share] })] };
    }

    private static double Rate(Arguments arguments, Mix mix, bool items = true)
    {
        var (sampler, batch) = (new Sampler(mix), new GlobalBatch(Batch));
        const int Steps = 400;
        var times = Report.Times(arguments.Steps, () =>
        {
            for (var i = 0; i < Steps; i++)
                if (items)
                    sampler.Next(batch);
                else
                    sampler.Skip();
        }, warmUp: 0.5, seconds: 1);
        return Math.Round(Steps * (double)Batch / Report.Median(times));
    }
}

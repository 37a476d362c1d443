using Temper.Core.Errors;
using Temper.Training.Sampling;

namespace Temper.Training.Tests.Sampling;

/// <summary>What the order promises, for every way of mixing.</summary>
public sealed class SamplerTests
{
    public static IEnumerable<object[]> Ways => from way in Enum.GetValues<MixStrategy>() from buckets in new[] { false, true } select new object[] { way, buckets };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_record_is_seen_once_and_once_more_for_each_repeat_in_every_epoch(MixStrategy way, bool buckets)
    {
        var mix = (buckets ? Mixes.ThreeBucketed with { Remainder = Remainder.Short } : Mixes.ThreeTexts) with { Strategy = way };
        var sampler = new Sampler(mix);
        var steps = (int)new EpochLengths(mix).StepsAfter(1);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var seen = Seen(sampler, steps, epoch);
            foreach (var (dataset, d) in mix.Datasets.Select((x, i) => (x, i)))
                foreach (var (bucket, b) in dataset.Buckets.Select((x, i) => (x, i)))
                    Assert.Equal(Enumerable.Range(0, (int)bucket.Items).Select(i => (i, 1 + dataset.Repeats)), Enumerable.Range(0, (int)bucket.Items).Select(i => (i, seen.GetValueOrDefault((d, b, (long)i)))));
            Assert.True(sampler.EpochOver);
        }
        Assert.Equal((0, 0), (sampler.LeftOut, sampler.Padded));
    }

    [Fact]
    public void A_batch_is_of_one_bucket_and_what_does_not_fill_one_comes_first_in_the_next_epoch()
    {
        var mix = Mixes.Of(4, Mixes.Images("birds", ("1.00", 13), ("0.75", 9)));
        var lengths = new EpochLengths(mix);
        Assert.Equal([5, 10, 15, 22, 27], Enumerable.Range(1, 5).Select(lengths.StepsAfter));
        var (sampler, batch) = (new Sampler(mix), new GlobalBatch(4));
        var seen = new Dictionary<(int, long), int>();
        for (var step = 0; step < 22; step++)
        {
            sampler.Next(batch);
            Assert.Equal(4, batch.Count);
            Assert.Single(batch.Rows.ToArray().Select(r => r.Bucket).Distinct());
            foreach (var row in batch.Rows)
                seen[(row.Bucket, row.Item)] = seen.GetValueOrDefault((row.Bucket, row.Item)) + 1;
        }
        // After four epochs 52 and 36 items fill whole batches: nothing was lost on the way.
        Assert.All(seen.Values, times => Assert.Equal(4, times));
        Assert.Equal(22, seen.Count);
    }

    [Theory]
    [InlineData(Remainder.Drop, 5, 2, 0)]
    [InlineData(Remainder.PadFromSameBucket, 7, 0, 6)]
    [InlineData(Remainder.Short, 7, 0, 0)]
    public void The_other_ways_of_ending_a_bucket_say_what_they_left_out_or_added(Remainder rest, int steps, int leftOut, int padded)
    {
        var mix = Mixes.Of(4, Mixes.Images("birds", ("1.00", 13), ("0.75", 9))) with { Remainder = rest };
        Assert.Equal(steps, new EpochLengths(mix).StepsAfter(1));
        var sampler = new Sampler(mix);
        var rows = Mixes.Walk(sampler, steps);
        Assert.True(sampler.EpochOver);
        Assert.Equal(padded, rows.Sum(r => r.Count(c => c == '+')));
        sampler.Skip();
        Assert.Equal((1, leftOut, padded), (sampler.Epoch, sampler.LeftOut, sampler.Padded));
    }

    [Fact]
    public void One_dataset_is_read_in_the_order_that_runs_had_before_there_were_mixes()
    {
        var mix = Mixes.Of(4, Mixes.Text("facts", 10));
        Assert.True(mix.Plain);
        var (sampler, batch) = (new Sampler(mix), new GlobalBatch(4));
        for (uint epoch = 0; epoch < 3; epoch++)
        {
            var order = new Tensors.KeyedPermutation(new(42, 0x101, epoch), 10);
            foreach (var rows in Enumerable.Range(0, 10).Select(i => order[i]).Chunk(4))
            {
                sampler.Next(batch);
                Assert.Equal(rows, batch.Rows.ToArray().Select(r => r.Item));
            }
        }
    }

    [Theory]
    [InlineData(MixStrategy.AutoWeighting, 10_000, 6_000)]
    [InlineData(MixStrategy.Uniform, 10_000, 7_500)]
    [InlineData(MixStrategy.Temperature, 10_000, 6_794)]
    [InlineData(MixStrategy.RoundRobin, 10_000, 5_000)]
    [InlineData(MixStrategy.Sequential, 10_000, 10_000)]
    public void Shares_are_the_asked_for_ones_within_three_sigma(MixStrategy way, int draws, double expected)
    {
        // Probabilities 3 : 1, sizes 1 : 2 (and large, so that a draw changes nothing); the square root makes 3 : √2.
        var mix = Mixes.Of(1, Mixes.Text("a", 1_000_000_000) with { Probability = 3 }, Mixes.Text("b", 2_000_000_000)) with { Strategy = way };
        var (sampler, batch, first) = (new Sampler(mix), new GlobalBatch(1), 0);
        for (var i = 0; i < draws; i++)
        {
            sampler.Next(batch);
            first += batch.Rows[0].Dataset == 0 ? 1 : 0;
        }
        var share = expected / draws;
        Assert.InRange(first, expected - 3 * Math.Sqrt(draws * share * (1 - share)) - 1, expected + 3 * Math.Sqrt(draws * share * (1 - share)) + 1);
    }

    [Fact]
    public void The_draws_are_the_same_whole_numbers_on_every_machine()
    {
        Assert.Equal(Mixes.GoldenTexts, Mixes.Walk(new(Mixes.ThreeTexts), 3));
        Assert.Equal(Mixes.GoldenBuckets, Mixes.Walk(new(Mixes.ThreeBucketed), 3));
        Assert.Equal([256UL, 809, 2560, 8095, 256_000_000], new[] { (1L, 0.5), (10, 0.5), (10, 1), (1_000, 0.5), (1_000_000, 1) }.Select(x => MixWeights.Power(x.Item1, x.Item2)));
        Assert.Equal([3UL, 4, 0], MixWeights.Units([Mixes.Text("a", 1) with { Probability = 0.75m }, Mixes.Text("b", 1), Mixes.Text("c", 1) with { Probability = 0 }]));
    }

    [Fact]
    public void Ranks_take_neighbouring_rows_so_any_number_of_them_sees_the_same_batch()
    {
        var (sampler, batch) = (new Sampler(Mixes.ThreeTexts with { Batch = 16 }), new GlobalBatch(16));
        for (var step = 0; step < 8; step++)
        {
            sampler.Next(batch);
            foreach (var ranks in new[] { 1, 2, 4, 8, 16, 3 })
                Assert.Equal(batch.Rows.ToArray(), Enumerable.Range(0, ranks).SelectMany(r => batch.OfRank(r, ranks).ToArray()));
        }
    }

    [Fact]
    public void The_first_exhausted_dataset_ends_the_epoch_and_the_rest_of_the_others_is_counted()
    {
        var mix = Mixes.Of(5, Mixes.Text("long", 100), Mixes.Text("short", 10)) with { StopOn = StopOn.FirstExhausted, Strategy = MixStrategy.Uniform };
        var (sampler, lengths) = (new Sampler(mix), new EpochLengths(mix));
        var first = (int)lengths.StepsAfter(1);
        for (var i = 0; i < first; i++)
            sampler.Skip();
        Assert.True(sampler.EpochOver);
        var left = sampler.LeftOf(0);
        Assert.Equal(0, sampler.LeftOf(1));
        Assert.InRange(left, 60, 95);
        sampler.Skip();
        Assert.Equal((1, left), (sampler.Epoch, sampler.LeftOut));
    }

    [Fact]
    public void Without_an_end_datasets_begin_again_as_often_as_needed()
    {
        var mix = Mixes.Of(8, Mixes.Text("large", 900), Mixes.Text("small", 100)) with { StopOn = StopOn.MaxSteps };
        var (sampler, batch, seen) = (new Sampler(mix), new GlobalBatch(8), new long[2]);
        var smallest = new Dictionary<long, int>();
        for (var i = 0; i < 2500; i++)
        {
            sampler.Next(batch);
            foreach (var row in batch.Rows)
            {
                seen[row.Dataset]++;
                if (row.Dataset == 1)
                    smallest[row.Item] = smallest.GetValueOrDefault(row.Item) + 1;
            }
        }
        Assert.InRange(seen[1], 2000 - 128, 2000 + 128);
        Assert.InRange(smallest.Values.Max() - smallest.Values.Min(), 0, 1);
        Assert.False(new EpochLengths(mix).EndsWith(125));
    }

    [Fact]
    public void Datasets_come_and_go_with_their_windows()
    {
        var mix = Mixes.Of(2, Mixes.Text("always", 100), Mixes.Text("warm-up", 100) with { EndStep = 3 }, Mixes.Text("late", 10) with { StartStep = 6 }, Mixes.Text("second", 4) with { StartEpoch = 2, EndEpoch = 2 });
        var (sampler, batch) = (new Sampler(mix), new GlobalBatch(2));
        var lengths = new EpochLengths(mix);
        lengths.Simulate(200);
        var (ends, counts) = ((int)lengths.StepsAfter(1), new int[4, 3]);
        for (var step = 0; step < lengths.StepsAfter(3); step++)
        {
            sampler.Next(batch);
            Assert.Equal(step < ends ? 0 : step < lengths.StepsAfter(2) ? 1 : 2, batch.Epoch);
            foreach (var row in batch.Rows)
            {
                Assert.False(row.Dataset == 1 && step >= 3 || row.Dataset == 2 && step < 6 || row.Dataset == 3 && batch.Epoch != 1, $"{row.Dataset} in step {step}");
                counts[row.Dataset, batch.Epoch]++;
            }
        }
        Assert.Equal((100, 10, 4, 100), (counts[0, 0], counts[2, 0], counts[3, 1], counts[0, 2]));
        Assert.True(lengths.EndsWith(ends) && !lengths.EndsWith(ends - 1));
    }

    [Fact]
    public void A_step_at_which_no_dataset_is_active_is_found_before_the_start()
    {
        var gap = Mixes.Of(2, Mixes.Text("early", 100) with { EndStep = 10 }, Mixes.Text("late", 10) with { StartStep = 20 });
        var error = Assert.Throws<TemperException>(() => new EpochLengths(gap).Simulate(50));
        Assert.Equal("schedule_gap", error.Code);
        Assert.Contains("'late' still has 10 items and begins after step 20", error.Message, StringComparison.Ordinal);
        Assert.Contains("start_step of 'late'", error.Problems[0].Hint, StringComparison.Ordinal);
        var over = Assert.Throws<TemperException>(() => new EpochLengths(Mixes.Of(2, Mixes.Text("early", 100) with { EndStep = 10 })).Simulate(50));
        Assert.Contains("After step 10", over.Message, StringComparison.Ordinal);
        Assert.Equal("schedule_gap", Assert.Throws<TemperException>(() => new EpochLengths(Mixes.Of(2, Mixes.Text("a", 4) with { EndEpoch = 2 })).StepsAfter(30)).Code);
        new EpochLengths(Mixes.Of(2, Mixes.Text("early", 100) with { EndStep = 10 })).Simulate(10);
    }

    [Fact]
    public void Buckets_that_fill_no_batch_are_listed_with_the_fewest_repeats_that_would()
    {
        var mix = Mixes.Of(16, Mixes.Images("photos", ("1.00", 40), ("0.75", 3), ("1.33", 15)), Mixes.Images("fine", ("1.00", 16)));
        var error = Assert.Throws<TemperException>(() => MixChecks.EveryBucketHasBatches(mix, 1));
        var problem = Assert.Single(error.Problems);
        Assert.Equal(("zero_batches", "datasets[0].repeats"), (problem.Code, problem.Path));
        Assert.Contains("'1.00' 40 items, 2 batches; '0.75' 3 items, 0 batches, needs repeats 5; '1.33' 15 items, 0 batches, needs repeats 1", problem.Message, StringComparison.Ordinal);
        Assert.Contains("Set repeats of 'photos' to 5", problem.Hint, StringComparison.Ordinal);
        MixChecks.EveryBucketHasBatches(mix with { Datasets = [mix.Datasets[0] with { Repeats = 5 }, mix.Datasets[1]] }, 1);
        Assert.Throws<TemperException>(() => MixChecks.EveryBucketHasBatches(mix with { Datasets = [mix.Datasets[0] with { Repeats = 4 }, mix.Datasets[1]] }, 1));
        MixChecks.EveryBucketHasBatches(mix, 6);
        MixChecks.EveryBucketHasBatches(mix with { Remainder = Remainder.PadFromSameBucket }, 1);
    }

    [Fact]
    public void What_cannot_be_mixed_is_said_all_at_once()
    {
        var error = Assert.Throws<TemperException>(() => new Sampler(Mixes.Of(0, Mixes.Text("a", 0), Mixes.Text("a", 3) with { Probability = -1, Repeats = -1, StartEpoch = 0, StartStep = 5, EndStep = 5 }) with { Alpha = double.NaN }));
        Assert.All(error.Problems, p => Assert.Equal("mix_invalid", p.Code));
        Assert.Equal(["batch", "alpha", "datasets[0]", "datasets[1].id", "datasets[1].probability", "datasets[1].repeats", "datasets[1].start_epoch", "datasets[1].start_step"], error.Problems.Select(p => p.Path));
        Assert.Equal("mix_invalid", Assert.Throws<TemperException>(() => new Sampler(Mixes.Of(2, Mixes.Text("a", 4) with { Probability = 0 }))).Code);
        Assert.Equal("remainder", Assert.Throws<TemperException>(() => new Sampler(Mixes.Of(2, Mixes.Text("a", 4)) with { Remainder = Remainder.Carry })).Problems[0].Path);
        Assert.Contains("2^62", Assert.Throws<TemperException>(() => new Sampler(Mixes.Of(2, Mixes.Text("a", 1L << 59) with { Probability = 1.000001m }, Mixes.Text("b", 4)))).Message, StringComparison.Ordinal);
    }

    private static Dictionary<(int, int, long), int> Seen(Sampler sampler, int steps, int epoch)
    {
        var (batch, seen) = (new GlobalBatch(sampler.Mix.Batch), new Dictionary<(int, int, long), int>());
        for (var i = 0; i < steps; i++)
        {
            sampler.Next(batch);
            Assert.Equal(epoch, batch.Epoch);
            foreach (var row in batch.Rows)
                seen[(row.Dataset, row.Bucket, row.Item)] = seen.GetValueOrDefault((row.Dataset, row.Bucket, row.Item)) + 1;
        }
        return seen;
    }

}

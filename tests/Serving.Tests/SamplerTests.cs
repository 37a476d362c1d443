using Temper.Core.Errors;

namespace Temper.Serving.Tests;

public sealed class SamplerTests
{
    [Fact]
    public void What_a_request_leaves_open_is_as_the_model_says_and_else_as_it_is_usual()
    {
        var asked = new SamplingSettings { Temperature = 0.7 };
        Assert.Equal((0.7, 0.9, 40, 1.1), Of(asked.Over(new() { DoSample = false, Temperature = 0.3, TopP = 0.9, TopK = 40, RepetitionPenalty = 1.1 })));
        Assert.Equal((0, 1, 0, 1), Of(new SamplingSettings().Over(new() { DoSample = false, Temperature = 0.3 })));
        Assert.Equal((0.3, 1, 0, 1), Of(new SamplingSettings().Over(new() { Temperature = 0.3 })));
        Assert.Equal((1, 1, 0, 1), Of(new SamplingSettings().Over(new())));
        static (double?, double?, int?, double?) Of(SamplingSettings s) => (s.Temperature, s.TopP, s.TopK, s.RepetitionPenalty);
    }

    [Fact]
    public void Temperature_zero_takes_the_best_and_of_equals_the_lowest_id()
    {
        Assert.Equal(1, Pick(new() { Temperature = 0 }, [1, 5, 5, 2]));
        Assert.Equal(0, Pick(new() { Temperature = 0 }, [0, 0, 0, 0]));
    }

    [Fact]
    public void A_draw_follows_the_distribution()
    {
        float[] logits = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.2f)];
        var counts = Counts(new() { Seed = 1 }, logits, 20_000);
        Assert.InRange(counts[0], 9_700, 10_300);
        Assert.InRange(counts[1], 5_750, 6_250);
        Assert.InRange(counts[2], 3_750, 4_250);
    }

    [Fact]
    public void Temperature_sharpens_and_flattens()
    {
        float[] logits = [1, 0];
        Assert.InRange(Counts(new() { Temperature = 0.1 }, logits, 2_000)[0], 1_990, 2_000);
        Assert.InRange(Counts(new() { Temperature = 2 }, logits, 20_000)[0], 12_150, 12_750); // 1 / (1 + e^-0.5) = 0.6225
    }

    [Fact]
    public void Top_k_keeps_the_most_probable_and_of_equals_the_lowest_ids()
    {
        Assert.Equal([1, 2], Drawn(new() { TopK = 2 }, [0, 1, 3, 1]));
        Assert.Equal([2], Drawn(new() { TopK = 1 }, [0, 1, 3, 1]));
    }

    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(0.49, 1)]
    [InlineData(0.51, 2)]
    [InlineData(0.79, 2)]
    [InlineData(0.81, 3)]
    [InlineData(1.0, 3)]
    public void Top_p_keeps_the_smallest_set_with_that_mass(double topP, int kept)
    {
        float[] logits = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.2f)];
        Assert.Equal(Enumerable.Range(0, kept), Drawn(new() { TopP = topP }, logits));
    }

    [Fact]
    public void Top_p_over_a_large_vocabulary_is_the_same_as_sorting_all_of_it()
    {
        var logits = Enumerable.Range(0, 400).Select(i => (float)(Math.Sin(i * 12.9898) * 6)).ToArray();
        var weights = logits.Select((logit, id) => (Id: id, Weight: Math.Exp(logit - (double)logits.Max()))).OrderByDescending(x => x.Weight).ToList();
        var mass = weights.Sum(x => x.Weight);
        var nucleus = new List<int>();
        for (var sum = 0.0; sum < 0.3 * mass; sum += weights[nucleus.Count - 1].Weight)
            nucleus.Add(weights[nucleus.Count].Id);
        var drawn = Drawn(new() { TopP = 0.3 }, logits, 4_000);
        Assert.Empty(drawn.Except(nucleus));
        Assert.InRange(drawn.Count, nucleus.Count * 9 / 10, nucleus.Count);
    }

    [Fact]
    public void Min_p_drops_what_is_rare_beside_the_best()
    {
        float[] logits = [MathF.Log(0.6f), MathF.Log(0.3f), MathF.Log(0.1f)];
        Assert.Equal([0, 1], Drawn(new() { MinP = 0.4 }, logits));
        Assert.Equal([0], Drawn(new() { MinP = 1 }, logits));
    }

    [Fact]
    public void Frequency_counts_every_time_and_presence_counts_once()
    {
        float[] logits = [3, 2.2f, 0];
        var frequency = new Sampler(new() { Temperature = 0, FrequencyPenalty = 0.5 }, 0, 0, []);
        Assert.Equal([0, 0, 1, 0, 1], Enumerable.Range(0, 5).Select(_ => frequency.Next([.. logits])));
        var presence = new Sampler(new() { Temperature = 0, PresencePenalty = 0.5 }, 0, 0, []);
        Assert.Equal([0, 0, 0, 0], Enumerable.Range(0, 4).Select(_ => presence.Next([.. logits])));
    }

    [Fact]
    public void Repetition_penalty_also_sees_the_prompt_and_pushes_negative_scores_down()
    {
        var sampler = new Sampler(new() { Temperature = 0, RepetitionPenalty = 2 }, 0, 0, [0]);
        Assert.Equal(1, sampler.Next([3, 2, -9]));
        var negative = new Sampler(new() { Temperature = 0, RepetitionPenalty = 2 }, 0, 0, [0]);
        Assert.Equal(1, negative.Next([-1, -1.5f, -9]));
    }

    [Fact]
    public void Logit_bias_forbids_and_forces()
    {
        Assert.Equal(1, Pick(new() { Temperature = 0, LogitBias = new Dictionary<int, double> { [0] = -100 } }, [9, 1, 0]));
        Assert.Equal(2, Pick(new() { Temperature = 0, LogitBias = new Dictionary<int, double> { [2] = 100 } }, [9, 1, 0]));
    }

    [Fact]
    public void A_seed_gives_the_same_tokens_and_each_choice_its_own()
    {
        int[] Run(ulong seed, int choice)
        {
            var sampler = new Sampler(new(), seed, choice, []);
            return [.. Enumerable.Range(0, 40).Select(_ => sampler.Next(new float[50]))];
        }
        Assert.Equal(Run(7, 0), Run(7, 0));
        Assert.NotEqual(Run(7, 0), Run(7, 1));
        Assert.NotEqual(Run(7, 0), Run(8, 0));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Scores_that_are_no_numbers_are_an_error(float bad)
    {
        var error = Assert.Throws<TemperException>(() => Pick(new(), [0, bad, 1]));
        Assert.Equal("logits_not_finite", error.Code);
    }

    private static int Pick(SamplingSettings settings, float[] logits) => new Sampler(settings, 0, 0, []).Next(logits);

    private static int[] Counts(SamplingSettings settings, float[] logits, int draws)
    {
        var sampler = new Sampler(settings, 1, 0, []);
        var counts = new int[logits.Length];
        for (var i = 0; i < draws; i++)
            counts[sampler.Next([.. logits])]++;
        return counts;
    }

    private static List<int> Drawn(SamplingSettings settings, float[] logits, int draws = 2_000) =>
        [.. Counts(settings, logits, draws).Index().Where(x => x.Item > 0).Select(x => x.Index)];
}

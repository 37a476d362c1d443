namespace Temper.Tensors.Tests;

public abstract partial class EngineContract
{
    [Theory]
    [InlineData(0)]
    [InlineData(2.5)]
    public void Cross_entropy_sums_over_supervised_rows_and_counts_hits(double cap)
    {
        const int tokens = 30, width = 7, vocabulary = 37;
        var (h, w) = (Numbers.Normal(tokens * width, 1), Numbers.Normal(vocabulary * width, 2));
        var logits = MatMul(h, w, tokens, vocabulary, width, true);
        if (cap > 0) logits = Map(logits, x => cap * Math.Tanh(x / cap));
        var targets = Enumerable.Range(0, tokens).Select(i => i % 4 == 3 ? -1 : i % 4 == 2 ? ArgMax(Row(logits, i, vocabulary)) : i % vocabulary).ToArray();
        var logProbs = targets.Select((t, i) => t < 0 ? 0 : Row(logits, i, vocabulary)[t] - Math.Log(Row(logits, i, vocabulary).Sum(Math.Exp))).ToArray();
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var (th, tw, goals) = (engine.FromDoubles(h, tokens, width), engine.FromDoubles(w, vocabulary, width), engine.FromInts(targets));
        var loss = engine.LinearCrossEntropy(th, tw, goals, cap);
        Numbers.Close(-logProbs.Sum(), engine.ScalarOf(loss.Sum), Tolerance, "loss");
        Assert.Equal(targets.Count(t => t >= 0), engine.ScalarOf(loss.Tokens));
        Assert.Equal(targets.Where((t, i) => t >= 0 && t == ArgMax(Row(logits, i, vocabulary))).Count(), engine.ScalarOf(loss.Correct));
        Numbers.Close(logProbs, engine.ToDoubles(engine.TokenLogProbs(th, tw, goals, cap)), Tolerance, "log probability");
    }

    [Fact]
    public void A_batch_without_supervised_rows_has_loss_zero()
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var loss = engine.LinearCrossEntropy(engine.Parameter(engine.Random(1, 3, 4)), engine.Random(2, 5, 4), engine.FromInts([-1, -1, -100]));
        Assert.Equal((0, 0, 0), (engine.ScalarOf(loss.Sum), engine.ScalarOf(loss.Tokens), engine.ScalarOf(loss.Correct)));
        engine.Backward(loss.Sum);
    }

    [Fact]
    public void Of_equal_logits_the_first_counts_as_the_answer()
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var (h, w) = (engine.FromDoubles([1, 1], 2, 1), engine.FromDoubles([3, 3, 1], 3, 1));
        Assert.Equal(1, engine.ScalarOf(engine.LinearCrossEntropy(h, w, engine.FromInts([0, 1])).Correct));
    }

    [Fact]
    public void Lora_adds_a_low_rank_product()
    {
        var (y, x, a, b) = (Numbers.Normal(5 * 6, 1), Numbers.Normal(5 * 7, 2), Numbers.Normal(2 * 7, 3), Numbers.Normal(6 * 2, 4));
        var expected = MatMul(MatMul(x, a, 5, 2, 7, true), b, 5, 6, 2, true).Select((v, i) => y[i] + 1.5 * v).ToArray();
        Forward("lora", expected, e => e.LoraAdd(e.FromDoubles(y, 5, 6), e.FromDoubles(x, 5, 7), e.FromDoubles(a, 2, 7), e.FromDoubles(b, 6, 2), 1.5));
    }

    [Fact]
    public void Dropout_is_a_function_of_its_key_and_keeps_the_mean()
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var ones = engine.FromDoubles([.. Enumerable.Repeat(1.0, 10_000)]);
        var spec = new DropoutSpec(0.25f, new RandomKey(3, 1, 2, 3, 4));
        var once = engine.ToDoubles(engine.Dropout(ones, spec));
        Assert.Equal(once, engine.ToDoubles(engine.Dropout(ones, spec)));
        Assert.NotEqual(once, engine.ToDoubles(engine.Dropout(ones, spec with { Key = spec.Key.At(5) })));
        Assert.InRange(once.Average(), 0.97, 1.03);
        Assert.All(once, value => Assert.True(value is 0 or > 1.33 and < 1.34));
    }

    private static int ArgMax(double[] values) => Array.IndexOf(values, values.Max());
}

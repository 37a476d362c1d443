namespace Temper.Tensors.Tests;

public abstract partial class EngineContract
{
    private static readonly (long Outputs, long Inputs)[] FrozenShapes = [(1, 1), (7, 33), (32, 64), (70, 97), (300, 515)];

    /// <summary>Largest difference that a weight frozen as BF16 may make to a sum of products of everyday numbers; 0 where it is widened exactly.</summary>
    protected virtual double BrainTolerance => 0;

    public static TheoryData<FrozenForm, int> FrozenCases()
    {
        var cases = new TheoryData<FrozenForm, int>();
        foreach (var form in Enum.GetValues<FrozenForm>())
            foreach (var rows in new[] { 0, 1, 5, 13, 600 }) cases.Add(form, rows);
        return cases;
    }

    [Theory]
    [MemberData(nameof(FrozenCases))]
    public void A_frozen_weight_acts_as_its_widened_numbers_forward_and_back(FrozenForm form, int rows)
    {
        using var engine = Engine();
        foreach (var (outputs, inputs) in FrozenShapes)
        {
            using var scope = engine.BeginScope();
            var frozen = Frozen(engine, form, outputs, inputs);
            var (wide, bias) = (engine.Cast(frozen, Compute), engine.Random(3, outputs));
            var (x, slope) = (engine.Random(1, rows, inputs), engine.Random(2, rows, outputs));
            var results = new List<double[]>();
            foreach (var weight in new[] { frozen, wide })
            {
                using var leaf = engine.Parameter(x);
                var y = engine.Linear(leaf, weight, bias);
                results.Add(engine.ToDoubles(y));
                engine.Backward(engine.Sum(engine.Reshape(engine.Mul(y, slope), rows * outputs), 0));
                results.Add(engine.GradOf(leaf) is { } grad ? engine.ToDoubles(grad) : []);
            }

            Same(form, results[2], results[0]);
            Same(form, results[3], results[1]);
        }
    }

    private void Same(FrozenForm form, double[] expected, double[] found)
    {
        if (form != FrozenForm.BF16 || BrainTolerance == 0) Assert.Equal(expected, found);
        else Numbers.Close(expected, found, BrainTolerance, form.ToString());
    }

    [Theory]
    [InlineData(FrozenForm.BF16)]
    [InlineData(FrozenForm.Int8)]
    [InlineData(FrozenForm.NF4)]
    [InlineData(FrozenForm.NF4Nested)]
    public void A_frozen_table_serves_as_embedding_and_head(FrozenForm form)
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var frozen = Frozen(engine, form, 130, 72);
        var wide = engine.Cast(frozen, Compute);
        var results = new List<double[]>();
        foreach (var table in new[] { frozen, wide })
        {
            var hidden = engine.Parameter(engine.Embedding(engine.FromInts([0, 31, 32, 129, 7]), table));
            results.Add(engine.ToDoubles(hidden));
            var targets = engine.FromInts([4, -1, 129, 0, 64]);
            var loss = engine.LinearCrossEntropy(hidden, table, targets);
            results.Add([engine.ScalarOf(loss.Sum), engine.ScalarOf(loss.Correct)]);
            engine.Backward(loss.Sum);
            results.Add(engine.ToDoubles(engine.GradOf(hidden)!));
            results.Add(engine.ToDoubles(engine.TokenLogProbs(hidden, table, targets)));
            hidden.Dispose();
        }

        for (var i = 0; i < 4; i++) Same(form, results[i + 4], results[i]);
    }

    [Theory]
    [InlineData(FrozenForm.BF16, 1.0 / 256)]
    [InlineData(FrozenForm.Int8, 0.6 / 127)]
    [InlineData(FrozenForm.NF4, 0.16)]
    [InlineData(FrozenForm.NF4Nested, 0.18)]
    public void A_frozen_number_is_near_the_one_given(FrozenForm form, double share)
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var given = Given(70, 97);
        var kept = engine.ToDoubles(engine.Cast(Frozen(engine, form, 70, 97), Compute));
        var group = form == FrozenForm.BF16 ? 1 : form == FrozenForm.Int8 ? 32 : 64;
        for (var row = 0; row < 70; row++)
            for (var first = 0; first < 97; first += group)
            {
                var (start, count) = (row * 97 + first, Math.Min(group, 97 - first));
                var largest = given.Skip(start).Take(count).Max(Math.Abs);
                for (var i = start; i < start + count; i++) Assert.InRange(Math.Abs(kept[i] - given[i]), 0, largest * share + 1e-12);
            }
    }

    [Theory]
    [InlineData(FrozenForm.BF16)]
    [InlineData(FrozenForm.Int8)]
    [InlineData(FrozenForm.NF4)]
    public void Freezing_frozen_numbers_again_changes_nothing(FrozenForm form)
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        var once = engine.ToFloats(engine.Cast(Frozen(engine, form, 70, 96), Compute));
        var again = engine.Freeze(form, 70, 96, (first, rows) => once.AsSpan((int)first * 96, rows.Length).CopyTo(rows));
        Assert.Equal(once, engine.ToFloats(engine.Cast(again, Compute)));
    }

    private static float[] Given(long outputs, long inputs) => [.. Numbers.Normal((int)(outputs * inputs), 9).Select(v => (float)v)];

    private static Tensor Frozen(IEngine engine, FrozenForm form, long outputs, long inputs)
    {
        var values = Given(outputs, inputs);
        return engine.Freeze(form, outputs, inputs, (first, rows) => values.AsSpan((int)(first * inputs), rows.Length).CopyTo(rows));
    }
}

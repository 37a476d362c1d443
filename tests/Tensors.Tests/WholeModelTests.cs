namespace Temper.Tensors.Tests;

public sealed class WholeModelTests
{
    private static readonly int[][] Documents = [[1, 5, 7, 2, 9], [3], [4, 4, 12, 0]];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_llama_built_from_the_operations_has_the_gradients_of_finite_differences(bool lora)
    {
        using var engine = CpuEngine.CreateDouble();
        var model = new TinyLlama(engine, lora) { Dropout = lora ? 0.25f : 0 };
        using (engine.BeginScope()) engine.Backward(model.Loss(Documents).Sum);
        foreach (var parameter in model.Trained)
        {
            var values = engine.ToDoubles(parameter);
            var grad = engine.ToDoubles(engine.GradOf(parameter)!);
            for (var i = 0; i < values.Length; i += Math.Max(1, values.Length / 7))
            {
                var slope = (At(engine, model, parameter, values, i, 1e-5) - At(engine, model, parameter, values, i, -1e-5)) / 2e-5;
                Numbers.Close(slope, grad[i], 1e-7, $"parameter {parameter} element {i}");
            }
        }
    }

    [Fact]
    public void An_empty_batch_flows_through_forward_and_backward()
    {
        using var engine = CpuEngine.Create(2);
        using var scope = engine.BeginScope();
        var model = new TinyLlama(engine, lora: true);
        var loss = model.Loss();
        engine.Backward(loss.Sum);
        Assert.Equal(0, engine.ScalarOf(loss.Sum));
        Assert.All(model.Trained, p => Assert.All(engine.GradOf(p) is { } grad ? engine.ToFloats(grad) : [], g => Assert.Equal(0, g)));
    }

    [Fact]
    public void Training_lowers_the_loss_and_counts_correct_tokens()
    {
        using var engine = CpuEngine.Create(2);
        var model = new TinyLlama(engine);
        using var optimizer = engine.AdamW([new ParameterGroup(model.Trained)], new AdamWOptions());
        var (loss, correct) = (0.0, 0.0);
        for (var step = 0; step < 60; step++)
        {
            using var scope = engine.BeginScope();
            var result = model.Loss([1, 5, 7, 2, 9], [4, 6, 12, 0]);
            engine.Backward(result.Sum, 1 / engine.ScalarOf(result.Tokens));
            optimizer.ClipNorm(1);
            optimizer.Step(0.02);
            optimizer.ZeroGrad();
            (loss, correct) = (engine.ScalarOf(result.Sum), engine.ScalarOf(result.Correct));
        }

        Assert.InRange(loss, 0, 0.5);
        Assert.Equal(7, correct);
    }

    private static double At(IEngine engine, TinyLlama model, Tensor parameter, double[] values, int index, double change)
    {
        var moved = (double[])values.Clone();
        moved[index] += change;
        using var scope = engine.BeginScope();
        using var off = engine.NoGrad();
        engine.Upload(parameter, 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(moved));
        var loss = engine.ScalarOf(model.Loss(Documents).Sum);
        engine.Upload(parameter, 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(values));
        return loss;
    }
}

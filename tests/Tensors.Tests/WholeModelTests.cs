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

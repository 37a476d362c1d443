namespace Temper.Tensors.Tests;

/// <summary>Compares gradients with central differences in f64.</summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <summary>Every element of every parameter of these shapes, filled at random; the body's result is weighted at random.</summary>
    public static void Run(IEngine engine, long[][] shapes, Func<Tensor[], Tensor> body, double tolerance = 1e-6, Func<double, double>? shape = null)
    {
        var values = shapes.Select((s, i) => Numbers.Normal((int)s.Aggregate(1L, (a, b) => a * b), (uint)i + 1).Select(shape ?? (x => x)).ToArray()).ToArray();
        using var scope = engine.BeginScope();
        var parameters = values.Select((v, i) => engine.Parameter(engine.FromDoubles(v, shapes[i]))).ToArray();
        engine.Backward(engine.Weighted(body(parameters)), 2);
        for (var p = 0; p < parameters.Length; p++)
        {
            var grad = engine.GradOf(parameters[p]);
            Assert.True(grad is not null || values[p].Length == 0, $"parameter {p} received no gradient");
            var found = grad is null ? [] : engine.ToDoubles(grad);
            for (var i = 0; i < values[p].Length; i++)
            {
                var slope = 2 * (Loss(engine, parameters[p], values[p], i, Step, parameters, body) - Loss(engine, parameters[p], values[p], i, -Step, parameters, body)) / (2 * Step);
                Numbers.Close(slope, found[i], tolerance, $"gradient of parameter {p}, element {i}");
            }
        }

        foreach (var parameter in parameters) parameter.Dispose();
    }

    private static double Loss(IEngine engine, Tensor parameter, double[] values, int at, double change, Tensor[] all, Func<Tensor[], Tensor> body)
    {
        var moved = (double[])values.Clone();
        moved[at] += change;
        using var scope = engine.BeginScope();
        using var off = engine.NoGrad();
        engine.Upload(parameter, 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(moved));
        var loss = engine.ScalarOf(engine.Weighted(body(all)));
        engine.Upload(parameter, 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(values));
        return loss;
    }
}

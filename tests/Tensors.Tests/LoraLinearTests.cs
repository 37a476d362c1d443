namespace Temper.Tensors.Tests;

public sealed class LoraLinearTests
{
    [Theory]
    [InlineData(0f)]
    [InlineData(0.3f)]
    public void A_linear_layer_with_its_adapter_in_one_has_the_bits_of_both_in_turn(float dropout)
    {
        using var engine = CpuEngine.Create(2);
        var spec = new DropoutSpec(dropout, new RandomKey(1, 2, 3, 4, 5));
        Assert.Equal(
            Run(engine, (x, w, c, a, b) => engine.LoraAdd(engine.Linear(x, w, c), x, a, b, 1.5, spec)),
            Run(engine, (x, w, c, a, b) => engine.LoraLinear(x, w, c, a, b, 1.5, spec)));
    }

    private static double[][] Run(IEngine engine, Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> body)
    {
        using var scope = engine.BeginScope();
        long[][] shapes = [[130, 70], [90, 70], [90], [8, 70], [90, 8]];
        var leaves = shapes.Select((shape, i) => engine.Parameter(engine.Random((uint)i + 1, shape))).ToArray();
        var y = body(leaves[0], leaves[1], leaves[2], leaves[3], leaves[4]);
        engine.Backward(engine.Weighted(y));
        double[][] results = [engine.ToDoubles(y), .. leaves.Select(leaf => engine.ToDoubles(engine.GradOf(leaf)!))];
        foreach (var leaf in leaves) leaf.Dispose();
        return results;
    }
}

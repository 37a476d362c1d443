namespace Temper.Tensors.Tests;

/// <summary>A tensor may be disposed as soon as its maker needs it no more: the tape keeps what the backward pass will read.</summary>
public sealed class EarlyDisposalTests
{
    public static TheoryData<string> Operations => OperationCases.Names;

    [Theory]
    [MemberData(nameof(Operations))]
    public void Disposing_inputs_and_result_before_the_backward_pass_changes_no_gradient(string name)
    {
        var operation = OperationCases.Of(name);
        using var engine = CpuEngine.Create(2);
        var (_, expected) = operation.Run(engine, 7);
        Assert.Equal(expected, Gradients(engine, operation, 7));
    }

    [Fact]
    public void A_disposed_tensor_is_refused_although_its_values_are_still_needed()
    {
        using var engine = CpuEngine.Create(1);
        using var scope = engine.BeginScope();
        var leaf = engine.Parameter(engine.FromDoubles([1, 2, 3]));
        var y = engine.Exp(leaf);
        var sum = engine.Sum(y, 0);
        y.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.ToDoubles(y));
        Assert.Throws<ObjectDisposedException>(() => engine.Add(y, y));
        engine.Backward(sum);
        Assert.Equal(Math.Exp(3), engine.ToDoubles(engine.GradOf(leaf)!)[2], 1e-5);
        leaf.Dispose();
    }

    [Fact]
    public void What_the_backward_pass_does_not_read_is_free_at_once_and_the_rest_as_it_goes()
    {
        using var engine = CpuEngine.Create(1);
        using var leaf = engine.Parameter(engine.FromFloats(new float[1 << 20]));
        var before = engine.Memory().LiveBytes;
        using var scope = engine.BeginScope();
        var sum = engine.Add(leaf, leaf);
        var scaled = engine.Scale(sum, 2);
        sum.Dispose();
        Assert.InRange(engine.Memory().LiveBytes - before, 4 << 20, (4 << 20) + 4096);
        var bent = engine.Exp(scaled);
        scaled.Dispose();
        Assert.InRange(engine.Memory().LiveBytes - before, 8 << 20, (8 << 20) + 4096);
        var total = engine.Sum(bent, 0);
        bent.Dispose();
        engine.Backward(total);
        Assert.InRange(engine.Memory().LiveBytes - before, 4 << 20, (4 << 20) + 4096);
    }

    private static double[][] Gradients(IEngine engine, OperationCase operation, int rows)
    {
        using var scope = engine.BeginScope();
        var shapes = operation.Shapes(rows);
        var leaves = shapes.Select((shape, i) => engine.Parameter(engine.FromDoubles(operation.Numbers(shape, i), shape))).ToArray();
        // Copies that are on the tape, so that gradients pass through disposed tensors.
        var inputs = leaves.Select(leaf => engine.Scale(leaf, 1)).ToArray();
        var y = operation.Body(engine, inputs, rows, 0);
        var total = engine.Weighted(y);
        // A checkpointed body runs again: what it uses besides its input must live on.
        foreach (var input in operation.Method == "Checkpoint" ? inputs[..1] : inputs) input.Dispose();
        y.Dispose();
        engine.Backward(total);
        var gradients = leaves.Zip(shapes, (leaf, shape) => engine.GradOf(leaf) is { } grad ? engine.ToDoubles(grad) : new double[shape.Aggregate(1L, (a, b) => a * b)]).ToArray();
        foreach (var leaf in leaves) leaf.Dispose();
        return gradients;
    }
}

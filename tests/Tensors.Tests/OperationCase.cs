
namespace Temper.Tensors.Tests;

/// <summary>One operation of the port on inputs of some number of rows.</summary>
/// <param name="Method">The method of <see cref="IEngine"/>.</param>
/// <param name="Kind">Which of its ways is meant.</param>
/// <param name="Shapes">Shapes of its differentiable inputs for a number of rows.</param>
/// <param name="Body">Calls it: engine, inputs, rows, and the number of the first row in the batch that they come from.</param>
internal sealed record OperationCase(string Method, string Kind, Func<int, long[][]> Shapes, Func<IEngine, Tensor[], int, int, Tensor> Body)
{
    /// <summary>What becomes of the random inputs.</summary>
    public Func<double, double> Values { get; init; } = x => x;

    /// <summary>Whether row r of the result depends on row r of those inputs alone whose first dimension is the batch.</summary>
    public bool RowWise { get; init; }

    public string Name => Kind.Length == 0 ? Method : $"{Method} {Kind}";

    public override string ToString() => Name;

    /// <summary>Result and gradients of all inputs. Inputs are views into larger tensors full of NaN when <paramref name="views"/>.</summary>
    public (double[] Output, double[][] Gradients) Run(IEngine engine, int rows, bool views = false, bool checkpointed = false)
    {
        using var scope = engine.BeginScope();
        var shapes = Shapes(rows);
        var leaves = shapes.Select((shape, i) => views ? Surrounded(engine, Numbers(shape, i), shape) : engine.Parameter(engine.FromDoubles(Numbers(shape, i), shape))).ToArray();
        Tensor[] Inputs() => [.. leaves.Zip(shapes, (leaf, shape) => views ? Inside(engine, leaf, shape) : leaf)];
        var y = checkpointed && leaves.Length > 0 ? engine.Checkpoint(first => Body(engine, [first, .. Inputs().Skip(1)], rows, 0), Inputs()[0]) : Body(engine, Inputs(), rows, 0);
        var output = engine.ToDoubles(y);
        engine.Backward(engine.Weighted(y));
        var gradients = leaves.Zip(shapes, (leaf, shape) => engine.GradOf(leaf) is { } grad ? engine.ToDoubles(views ? Inside(engine, grad, shape) : grad) : new double[Count(shape)]).ToArray();
        foreach (var leaf in leaves) leaf.Dispose();
        return (output, gradients);
    }

    /// <summary>The result of row <paramref name="row"/> alone.</summary>
    public double[] Alone(IEngine engine, int rows, int row)
    {
        using var scope = engine.BeginScope();
        using var off = engine.NoGrad();
        var shapes = Shapes(rows);
        return engine.ToDoubles(Body(engine, [.. shapes.Select((shape, i) => engine.FromDoubles(Numbers(shape, i), shape)).Select((x, i) => shapes[i][0] == rows ? engine.Narrow(x, 0, row, 1) : x)], 1, row));
    }

    private static int Count(long[] shape) => (int)shape.Aggregate(1L, (a, b) => a * b);

    public double[] Numbers(long[] shape, int input) => [.. Tests.Numbers.Normal(Count(shape), (uint)input + 1).Select(Values)];

    /// <summary>A parameter that holds the values with its first two dimensions swapped, one more row before and behind, NaN around them.</summary>
    private static Tensor Surrounded(IEngine engine, double[] values, long[] shape)
    {
        var plain = engine.FromDoubles(values, shape);
        if (shape.Length > 1) plain = engine.Transpose(plain, 0, 1);
        long[] border = [1, .. plain.Shape[1..]];
        var nothing = engine.FromDoubles([.. Enumerable.Repeat(double.NaN, Count(border))], border);
        var whole = engine.ToDoubles(engine.Cat([nothing, plain, nothing], 0));
        return engine.Parameter(engine.FromDoubles(whole, [plain.Size(0) + 2, .. plain.Shape[1..]]));
    }

    private static Tensor Inside(IEngine engine, Tensor whole, long[] shape)
    {
        var inside = engine.Narrow(whole, 0, 1, whole.Size(0) - 2);
        return shape.Length > 1 ? engine.Transpose(inside, 0, 1) : inside;
    }
}

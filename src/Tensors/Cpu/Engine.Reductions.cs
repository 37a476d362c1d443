namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Sum(Tensor x, int dim, bool keep = false)
    {
        using var time = Time("sum");
        var input = Real_("sum", "x", x);
        dim = CheckDim("sum", input, dim);
        var (outer, size, inner) = Around(input, dim);
        Span<long> shape = stackalloc long[input.Rank];
        input.Shape.CopyTo(shape);
        shape[dim] = 1;
        if (!keep)
        {
            input.Shape[(dim + 1)..].CopyTo(shape[dim..]);
            shape = shape[..^1];
        }

        var output = New(shape);
        Each(outer, size * inner, new BlocksSummed(At(input), At(output), size, inner));
        if (!Recording(input)) return output;
        var node = Take<SumNode>();
        (node.X, node.Dim) = (input, dim);
        return Record(output, node);
    }

    private sealed class SumNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public int Dim { get; set; }

        public override string Operation => "sum";

        public override void Backward(Engine<T, V> engine)
        {
            var (outer, size, inner) = Around(X, Dim);
            var dx = engine.SlopeFromZero(X);
            engine.Each(outer * size, inner, new SumBack(At(Output.Grad!), dx, size, inner));
        }
    }

    public Tensor Softmax(Tensor x, int dim = -1)
    {
        using var time = Time("softmax");
        var input = Real_("softmax", "x", x);
        dim = CheckDim("softmax", input, dim);
        if (dim != input.Rank - 1) return Transpose(Softmax(Transpose(input, dim, -1)), dim, -1);
        var n = input.Size(-1);
        var output = New(input.Shape);
        Each(RowCount(input), n, new SoftmaxRows(At(input), At(output), n));
        if (!Recording(input)) return output;
        var node = Take<SoftmaxNode>();
        node.X = input;
        node.Needs(output);
        return Record(output, node);
    }

    private sealed class SoftmaxNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public override string Operation => "softmax";

        public override void Backward(Engine<T, V> engine)
        {
            var n = X.Size(-1);
            var dx = engine.Slope(X, out var add);
            engine.Each(RowCount(X), n, new SoftmaxRowsBack(At(Output), At(Output.Grad!), dx, n, add));
        }
    }

    /// <summary>Sums rows in order; a single column runs over sixteen lanes.</summary>
    private static void SumBlock(T* x, T* y, long rows, long width)
    {
        if (width == 1)
        {
            var sum = V.Zero;
            for (long i = 0; i < rows; i += 16) sum += Part<T, V>.Load(x + i, rows - i);
            *y = sum.Sum();
            return;
        }

        Clear(y, width);
        for (var row = 0L; row < rows; row++) Pointwise<T, V>.Add(y, x + row * width, y, width);
    }

    private readonly struct BlocksSummed(T* x, T* y, long size, long inner) : IRow
    {
        public void Run(long o) => SumBlock(x + o * size * inner, y + o * inner, size, inner);
    }

    /// <summary>Adds the slope of a sum to every row that went into it.</summary>
    private readonly struct SumBack(T* dy, T* dx, long size, long inner) : IRow
    {
        public void Run(long i) => Pointwise<T, V>.Scale(dy + i / size * inner, T.One, dx + i * inner, inner, true);
    }

    private readonly struct SoftmaxRows(T* x, T* y, long n) : IRow
    {
        public void Run(long i) => SoftmaxRow<T, V>.Forward(x + i * n, y + i * n, n);
    }

    private readonly struct SoftmaxRowsBack(T* y, T* dy, T* dx, long n, bool add) : IRow
    {
        public void Run(long i) => SoftmaxRow<T, V>.Backward(y + i * n, dy + i * n, dx + i * n, n, add);
    }
}

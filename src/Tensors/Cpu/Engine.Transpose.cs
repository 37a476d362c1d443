namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Transpose(Tensor x, int a, int b)
    {
        using var time = Time("transpose");
        var input = Real_("transpose", "x", x);
        (a, b) = (CheckDim("transpose", input, a), CheckDim("transpose", input, b));
        if (a > b) (a, b) = (b, a);
        Span<long> shape = stackalloc long[input.Rank];
        input.Shape.CopyTo(shape);
        (shape[a], shape[b]) = (shape[b], shape[a]);
        var output = New(shape);
        Swap(At(input), At(output), input.Shape, a, b, false);
        if (!Recording(input)) return output;
        var node = Take<TransposeNode>();
        (node.X, node.A, node.B) = (input, a, b);
        return Record(output, node);
    }

    private sealed class TransposeNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public int A { get; set; }

        public int B { get; set; }

        public override string Operation => "transpose";

        public override void Backward(Engine<T, V> engine) => engine.Swap(At(Output.Grad!), engine.SlopeFromZero(X), Output.Shape, A, B, true);
    }

    /// <summary>Swaps dimensions a &lt; b of x, whose shape is given, into y (set or add).</summary>
    private void Swap(T* x, T* y, ReadOnlySpan<long> shape, int a, int b, bool accumulate)
    {
        long outer = Product(shape[..a]), sizeA = shape[a], middle = Product(shape[(a + 1)..b]), sizeB = shape[b], inner = Product(shape[(b + 1)..]);
        Each(outer * sizeB, middle * sizeA * inner, new Swapped(x, y, sizeA, middle, sizeB, inner, accumulate));
    }

    private readonly struct Swapped(T* x, T* y, long sizeA, long middle, long sizeB, long inner, bool accumulate) : IRow
    {
        public void Run(long row)
        {
            var (o, j) = (row / sizeB, row % sizeB);
            for (var m = 0L; m < middle; m++)
            {
                for (var i = 0L; i < sizeA; i++)
                {
                    T* from = x + (((o * sizeA + i) * middle + m) * sizeB + j) * inner, to = y + (((o * sizeB + j) * middle + m) * sizeA + i) * inner;
                    for (var e = 0L; e < inner; e++) to[e] = accumulate ? to[e] + from[e] : from[e];
                }
            }
        }
    }
}

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Reshape(Tensor x, params ReadOnlySpan<long> shape)
    {
        var input = Own("reshape", x);
        if (Product(shape) != input.Count) throw new ShapeMismatchException("reshape", input.Shape, shape);
        return Passing("reshape", input, View(input, 0, shape));
    }

    /// <summary>The output, recorded as one whose gradient is that of x.</summary>
    private CpuTensor Passing(string operation, CpuTensor x, CpuTensor output)
    {
        if (!Recording(x)) return output;
        var node = Take<PassingNode>();
        (node.X, node.Name) = (x, operation);
        return Record(output, node);
    }

    private sealed class PassingNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public string Name { get; set; } = "";

        public override string Operation => Name;

        public override void Backward(Engine<T, V> engine) => engine.Give(X, Output.Grad!);
    }

    public Tensor Narrow(Tensor x, int dim, long start, long length)
    {
        using var time = Time("narrow");
        var input = Own("narrow", x);
        dim = CheckDim("narrow", input, dim);
        if (start < 0 || length < 0 || start + length > input.Size(dim)) throw new IndexOutsideException("narrow", "end", start + length, dim, input.Size(dim) + 1);
        var (outer, size, inner) = Around(input, dim);
        Span<long> shape = stackalloc long[input.Rank];
        input.Shape.CopyTo(shape);
        shape[dim] = length;
        CpuTensor output;
        if (outer == 1) output = View(input, start * inner, shape);
        else
        {
            output = New(input.DType, shape);
            CopyBlocks(input.Bytes, size * inner, start * inner, output.Bytes, length * inner, 0, outer, length * inner, input.DType.Bytes());
        }

        if (!Recording(input)) return output;
        var node = Take<NarrowNode>();
        (node.X, node.Dim, node.Start) = (input, dim, start);
        return Record(output, node);
    }

    private sealed class NarrowNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public int Dim { get; set; }

        public long Start { get; set; }

        public override string Operation => "narrow";

        public override void Backward(Engine<T, V> engine)
        {
            var (outer, size, inner) = Around(X, Dim);
            var width = Output.Size(Dim) * inner;
            T* dx = engine.SlopeFromZero(X), dy = At(Output.Grad!);
            for (var o = 0L; o < outer; o++)
            {
                var target = dx + (o * size + Start) * inner;
                Pointwise<T, V>.Add(target, dy + o * width, target, width);
            }
        }
    }

    public Tensor Cast(Tensor x, DType type)
    {
        using var time = Time("cast");
        var input = Own("cast", x);
        if (input.Frozen is { } frozen) return type == Real ? Widened(frozen) : throw new DTypeMismatchException("cast", "x", input.DType, $"a floating type to cast to {type}");
        if (input.DType == type) return Reshape(input, input.Shape);
        if (type == DType.I32 || (input.DType == DType.I32 && type != Real)) throw new DTypeMismatchException("cast", "x", input.DType, $"a floating type to cast to {type}");
        var output = New(type, input.Shape);
        Split(input.Count, Grain * 4, new Converted(input.Bytes, input.DType, output.Bytes, type));
        return input.DType == DType.I32 ? output : Passing("cast", input, output);
    }

    private static int CheckDim(string operation, CpuTensor x, int dim)
    {
        var index = dim < 0 ? dim + x.Rank : dim;
        return (uint)index < (uint)x.Rank ? index : throw new IndexOutsideException(operation, "dimension", dim, 0, x.Rank);
    }

    private static (long Outer, long Size, long Inner) Around(CpuTensor x, int dim) =>
        (Product(x.Shape[..dim]), x.Size(dim), Product(x.Shape[(dim + 1)..]));

    private static void CopyBlocks(byte* from, long fromStep, long fromAt, byte* to, long toStep, long toAt, long blocks, long count, int bytes)
    {
        for (var i = 0L; i < blocks; i++)
            Buffer.MemoryCopy(from + (i * fromStep + fromAt) * bytes, to + (i * toStep + toAt) * bytes, count * bytes, count * bytes);
    }

    private readonly struct Converted(byte* x, DType type, byte* y, DType target) : IRange
    {
        public void Run(long from, long to) => Conversion.Run(x + from * type.Bytes(), type, y + from * target.Bytes(), target, to - from);
    }
}

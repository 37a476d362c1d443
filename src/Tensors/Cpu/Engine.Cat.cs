namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Cat(ReadOnlySpan<Tensor> parts, int dim)
    {
        using var time = Time("cat");
        if (parts.IsEmpty) throw new ArgumentException("cat: no tensors");
        var first = Own("cat", parts[0]);
        dim = CheckDim("cat", first, dim);
        Span<long> shape = stackalloc long[first.Rank];
        first.Shape.CopyTo(shape);
        shape[dim] = 0;
        foreach (var part in parts) shape[dim] += CheckPart(first, Own("cat", part), dim);
        var output = New(first.DType, shape);
        var (outer, total, inner) = Around(output, dim);
        var (at, recording) = (0L, false);
        foreach (CpuTensor input in parts)
        {
            var width = input.Size(dim) * inner;
            CopyBlocks(input.Bytes, width, 0, output.Bytes, total * inner, at, outer, width, output.DType.Bytes());
            at += width;
            recording |= Recording(input);
        }

        if (!recording) return output;
        var node = Take<CatNode>();
        foreach (CpuTensor input in parts) node.Inputs.Add(input);
        node.Dim = dim;
        return Record(output, node);
    }

    private sealed class CatNode : Node
    {
        public List<CpuTensor> Inputs { get; } = [];

        public int Dim { get; set; }

        public override string Operation => "cat";

        public override void Backward(Engine<T, V> engine)
        {
            var (outer, total, inner) = Around(Output, Dim);
            var at = 0L;
            foreach (var input in Inputs)
            {
                var width = input.Size(Dim) * inner;
                if (input.NeedsGrad)
                {
                    T* dx = engine.SlopeFromZero(input), dy = At(Output.Grad!) + at;
                    for (var o = 0L; o < outer; o++) Pointwise<T, V>.Add(dx + o * width, dy + o * total * inner, dx + o * width, width);
                }

                at += width;
            }
        }

        public override void Forget() => Inputs.Clear();
    }

    private static long CheckPart(CpuTensor first, CpuTensor part, int dim)
    {
        var fits = part.Rank == first.Rank;
        for (var i = 0; fits && i < first.Rank; i++) fits = i == dim || part.Size(i) == first.Size(i);
        if (!fits) throw new ShapeMismatchException("cat", first.Shape, part.Shape);
        return part.DType == first.DType ? part.Size(dim) : throw new DTypeMismatchException("cat", "part", part.DType, first.DType.ToString());
    }
}

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor SegmentSum(Tensor x, ReadOnlySpan<int> lengths) => Segments("segment_sum", x, lengths, false);

    public Tensor SegmentMean(Tensor x, ReadOnlySpan<int> lengths) => Segments("segment_mean", x, lengths, true);

    private CpuTensor Segments(string operation, Tensor x, ReadOnlySpan<int> lengths, bool mean)
    {
        using var time = Time(operation);
        var input = Real_(operation, "x", x);
        var ends = SegmentEnds(operation, input, lengths);
        var width = Product(input.Shape[1..]);
        Span<long> shape = stackalloc long[input.Rank];
        input.Shape.CopyTo(shape);
        shape[0] = lengths.Length;
        var output = New(shape);
        Each(lengths.Length, width * (input.Size(0) / Math.Max(1, lengths.Length)), new SegmentRows(At(input), At(output), (int*)ends.Bytes, width, mean));
        if (!Recording(input)) return output;
        var node = Take<SegmentNode>();
        (node.X, node.Ends, node.Mean, node.Name) = (input, ends, mean, operation);
        node.Needs(ends);
        return Record(output, node);
    }

    private sealed class SegmentNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public CpuTensor Ends { get; set; } = null!;

        public bool Mean { get; set; }

        public string Name { get; set; } = "";

        public override string Operation => Name;

        public override void Backward(Engine<T, V> engine)
        {
            var width = Product(X.Shape[1..]);
            T* dx = engine.SlopeFromZero(X), dy = At(Output.Grad!);
            var ends = (int*)Ends.Bytes;
            long row = 0;
            for (var i = 0L; i < Ends.Count; i++)
            {
                var factor = SegmentFactor(Mean, ends[i] - (int)row);
                for (; row < ends[i]; row++) Pointwise<T, V>.Scale(dy + i * width, factor, dx + row * width, width, true);
            }
        }
    }

    private static T SegmentFactor(bool mean, int length) => mean && length > 0 ? T.One / T.CreateChecked(length) : T.One;

    /// <summary>The row after each segment, I32.</summary>
    private CpuTensor SegmentEnds(string operation, CpuTensor x, ReadOnlySpan<int> lengths)
    {
        var (total, negative) = (0L, false);
        foreach (var length in lengths)
        {
            total += length;
            negative |= length < 0;
        }

        if (x.Rank == 0 || negative || total != x.Size(0))
            throw new ShapeMismatchException(operation, "x", x.Shape, $"[{total}, …] for {lengths.Length} segments");
        var ends = New(DType.I32, [lengths.Length]);
        for (var (i, end) = (0, 0); i < lengths.Length; i++) ((int*)ends.Bytes)[i] = end += lengths[i];
        return ends;
    }

    private readonly struct SegmentRows(T* x, T* y, int* ends, long width, bool mean) : IRow
    {
        public void Run(long i)
        {
            var start = i == 0 ? 0 : ends[i - 1];
            var length = ends[i] - start;
            SumBlock(x + start * width, y + i * width, length, width);
            if (mean) Pointwise<T, V>.Scale(y + i * width, SegmentFactor(mean, length), y + i * width, width, false);
        }
    }
}

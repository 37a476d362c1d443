namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Sum(Tensor x, int dim, bool keep = false)
    {
        var input = Real_("sum", "x", x);
        dim = CheckDim("sum", input, dim);
        var (outer, size, inner) = Around(input, dim);
        long[] shape = keep ? [.. input.Shape[..dim], 1, .. input.Shape[(dim + 1)..]] : [.. input.Shape[..dim], .. input.Shape[(dim + 1)..]];
        var output = New(shape);
        T* from = At(input), to = At(output);
        Each(outer, size * inner, o => SumBlock(from + o * size * inner, to + o * inner, size, inner));
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dx = SlopeFromZero(input), dy = At(output.Grad!);
            Each(outer * size, inner, i => AddBroadcastRow(dx + i * inner, dy + i / size * inner, inner, T.One));
        });
    }

    public Tensor SegmentSum(Tensor x, ReadOnlySpan<int> lengths) => Segments("segment_sum", x, lengths.ToArray(), false);

    public Tensor SegmentMean(Tensor x, ReadOnlySpan<int> lengths) => Segments("segment_mean", x, lengths.ToArray(), true);

    public Tensor Softmax(Tensor x, int dim = -1)
    {
        var input = Real_("softmax", "x", x);
        dim = CheckDim("softmax", input, dim);
        if (dim != input.Rank - 1) return Transpose(Softmax(Transpose(input, dim, -1)), dim, -1);
        var n = input.Size(-1);
        var rows = RowCount(input);
        var output = New(input.Shape);
        T* from = At(input), to = At(output);
        Each(rows, n, i => SoftmaxRow<T, V>.Forward(from + i * n, to + i * n, n));
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dx = Slope(input, out var add), dy = At(output.Grad!), y = At(output);
            Each(rows, n, i => SoftmaxRow<T, V>.Backward(y + i * n, dy + i * n, dx + i * n, n, add));
        });
    }

    private CpuTensor Segments(string operation, Tensor x, int[] lengths, bool mean)
    {
        var input = Real_(operation, "x", x);
        if (input.Rank == 0 || Array.Exists(lengths, l => l < 0) || lengths.Sum(l => (long)l) != input.Size(0))
            throw new ShapeMismatchException(operation, "x", input.Shape, $"[{lengths.Sum(l => (long)l)}, …] for {lengths.Length} segments");
        var width = Product(input.Shape[1..]);
        var starts = new long[lengths.Length];
        for (var i = 1; i < starts.Length; i++) starts[i] = starts[i - 1] + lengths[i - 1];
        T Factor(long i) => mean && lengths[i] > 0 ? T.One / T.CreateChecked(lengths[i]) : T.One;
        var output = New([lengths.Length, .. input.Shape[1..]]);
        T* from = At(input), to = At(output);
        Each(lengths.Length, width * (input.Size(0) / Math.Max(1, lengths.Length)), i =>
        {
            SumBlock(from + starts[i] * width, to + i * width, lengths[i], width);
            if (mean) Pointwise<T, V>.Scale(to + i * width, Factor(i), to + i * width, width, false);
        });
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dx = SlopeFromZero(input), dy = At(output.Grad!);
            for (var i = 0; i < lengths.Length; i++)
                for (var row = starts[i]; row < starts[i] + lengths[i]; row++) AddBroadcastRow(dx + row * width, dy + i * width, width, Factor(i));
        });
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

    private static void AddBroadcastRow(T* target, T* row, long width, T factor) => Pointwise<T, V>.Scale(row, factor, target, width, true);
}

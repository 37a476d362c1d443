namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    private const int Panel = Gemm<T, V>.Panel;

    public void Prepack(Tensor weight)
    {
        var w = Real_("prepack", "weight", weight);
        if (w.Rank != 2) throw new ShapeMismatchException("prepack", "weight", w.Shape, "[out, in]");
        if (w.NeedsGrad) throw new AutogradException("prepack", "a trainable weight changes");
        var (n, k) = ((int)w.Size(0), (int)w.Size(1));
        w.Packed?.Release();
        w.Packed = PackOnce(Matrix<T>.Transposed(At(w), k), k, n);
    }

    public Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null)
    {
        using var time = Time("linear");
        var (input, w) = (Real_("linear", "x", x), Weight_("linear", "weight", weight));
        var b = bias is null ? null : Real_("linear", "bias", bias);
        if (w.Rank != 2 || input.Rank == 0 || input.Size(-1) != w.Size(1)) throw new ShapeMismatchException("linear", input.Shape, w.Shape);
        var (n, k) = ((int)w.Size(0), (int)w.Size(1));
        if (b is not null && (b.Rank != 1 || b.Size(0) != n)) throw new ShapeMismatchException("linear", "bias", b.Shape, $"[{n}]");
        var output = NewWithLast(input, n);
        if (w.Frozen is not null) return LinearFrozen(input, w, b, output);
        var m = RowCount(input);
        Multiply(Matrix<T>.Rows(At(input), k), Matrix<T>.Transposed(At(w), k), At(output), m, n, k, false, w.Packed);
        if (b is not null) Each(m, n, new RowAdded(At(output), At(b), At(output), n));
        if (!Recording(input, w, b)) return output;
        var node = Take<LinearNode>();
        (node.X, node.Weight, node.Bias) = (input, w, b);
        node.Needs(w.NeedsGrad ? input : null, input.NeedsGrad ? w : null);
        return Record(output, node);
    }

    private sealed class LinearNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public CpuTensor Weight { get; set; } = null!;

        public CpuTensor? Bias { get; set; }

        public override string Operation => "linear";

        public override void Backward(Engine<T, V> engine)
        {
            var (m, n, k) = (RowCount(X), (int)Weight.Size(0), (int)Weight.Size(1));
            var dy = At(Output.Grad!);
            if (X.NeedsGrad) engine.Multiply(Matrix<T>.Rows(dy, n), Matrix<T>.Rows(At(Weight), k), engine.Slope(X, out var addX), m, k, n, addX);
            if (Weight.NeedsGrad) engine.Multiply(Matrix<T>.Transposed(dy, n), Matrix<T>.Rows(At(X), k), engine.Slope(Weight, out var addW), n, k, m, addW);
            if (Bias is { NeedsGrad: true }) engine.SumRows(dy, engine.Slope(Bias, out var addB), m, n, addB);
        }
    }

    private static int RowCount(CpuTensor x) => x.Count == 0 ? (int)Product(x.Shape[..^1]) : (int)(x.Count / x.Size(-1));

    private static long Product(ReadOnlySpan<long> sizes)
    {
        var product = 1L;
        foreach (var size in sizes) product *= size;
        return product;
    }

    /// <summary>A tensor of x's shape but for the last size.</summary>
    private CpuTensor NewWithLast(CpuTensor x, long last)
    {
        Span<long> shape = stackalloc long[x.Rank];
        x.Shape.CopyTo(shape);
        shape[^1] = last;
        return New(shape);
    }

    /// <summary>Column sums: blocks of 64 rows summed in order, then the blocks in order.</summary>
    private void SumRows(T* x, T* target, int rows, int width, bool accumulate)
    {
        var blocks = (rows + 63) / 64;
        var partial = pool.Rent((long)Math.Max(1, blocks) * width * sizeof(T));
        var sums = (T*)partial.Pointer;
        workers.Run(blocks, new BlockSums(x, sums, rows, width));
        if (!accumulate) Clear(target, width);
        for (var i = 0; i < blocks; i++) Pointwise<T, V>.Add(target, sums + (long)i * width, target, width);
        partial.Release();
    }

    private readonly struct BlockSums(T* x, T* sums, int rows, int width) : IWork
    {
        public void Run(int item, int worker)
        {
            var sum = sums + (long)item * width;
            Clear(sum, width);
            for (var r = item * 64; r < Math.Min(rows, item * 64 + 64); r++) Pointwise<T, V>.Add(sum, x + (long)r * width, sum, width);
        }
    }
}

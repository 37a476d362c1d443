namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, bool plusOne = false)
    {
        using var time = Time("rms_norm");
        var (input, w) = (Real_("rms_norm", "x", x), Real_("rms_norm", "weight", weight));
        var (rows, n) = NormShape("rms_norm", input, w);
        var (eps, plus) = (T.CreateChecked(epsilon), plusOne ? T.One : T.Zero);
        var output = New(input.Shape);
        var scales = New([rows]);
        Each(rows, n, new RmsRow(At(input), At(w), At(output), At(scales), n, eps, plus));
        if (!Recording(input, w)) return output;
        var node = Take<RmsNormNode>();
        (node.X, node.Weight, node.Scales, node.Plus) = (input, w, scales, plus);
        node.Needs(input, w, scales);
        return Record(output, node);
    }

    private sealed class RmsNormNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public CpuTensor Weight { get; set; } = null!;

        /// <summary>1 / √(mean x² + eps) of each row.</summary>
        public CpuTensor Scales { get; set; } = null!;

        public T Plus { get; set; }

        public override string Operation => "rms_norm";

        public override void Backward(Engine<T, V> engine)
        {
            var (rows, n) = (RowCount(X), (int)Weight.Size(0));
            var dy = At(Output.Grad!);
            if (Weight.NeedsGrad) engine.NormWeight(At(X), dy, Weight, rows, n, null, At(Scales));
            if (!X.NeedsGrad) return;
            var dx = engine.Slope(X, out var add);
            engine.Each(rows, n, new RmsRowBack(At(X), At(Weight), dy, dx, At(Scales), n, Plus, add));
        }
    }

    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double epsilon)
    {
        using var time = Time("layer_norm");
        var (input, w) = (Real_("layer_norm", "x", x), Real_("layer_norm", "weight", weight));
        var b = bias is null ? null : Real_("layer_norm", "bias", bias);
        var (rows, n) = NormShape("layer_norm", input, w);
        if (b is not null && !b.Shape.SequenceEqual(w.Shape)) throw new ShapeMismatchException("layer_norm", "bias", b.Shape, $"[{n}]");
        var output = New(input.Shape);
        var scales = New([2, rows]);
        Each(rows, n, new LayerRow(At(input), At(w), b is null ? null : At(b), At(output), At(scales), rows, n, T.CreateChecked(epsilon)));
        if (!Recording(input, w, b)) return output;
        var node = Take<LayerNormNode>();
        (node.X, node.Weight, node.Bias, node.Scales) = (input, w, b, scales);
        node.Needs(input, w, scales);
        return Record(output, node);
    }

    private sealed class LayerNormNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public CpuTensor Weight { get; set; } = null!;

        public CpuTensor? Bias { get; set; }

        /// <summary>Means of all rows, then 1 / √(variance + eps) of all rows.</summary>
        public CpuTensor Scales { get; set; } = null!;

        public override string Operation => "layer_norm";

        public override void Backward(Engine<T, V> engine)
        {
            var (rows, n) = (RowCount(X), (int)Weight.Size(0));
            T* dy = At(Output.Grad!), mean = At(Scales);
            if (Weight.NeedsGrad) engine.NormWeight(At(X), dy, Weight, rows, n, mean, mean + rows);
            if (Bias is { NeedsGrad: true }) engine.SumRows(dy, engine.Slope(Bias, out var addB), rows, n, addB);
            if (!X.NeedsGrad) return;
            var dx = engine.Slope(X, out var add);
            engine.Each(rows, n, new LayerRowBack(At(X), At(Weight), dy, dx, mean, rows, n, add));
        }
    }

    private static (int Rows, int Width) NormShape(string operation, CpuTensor x, CpuTensor w)
    {
        if (w.Rank != 1 || x.Rank == 0 || x.Size(-1) != w.Size(0)) throw new ShapeMismatchException(operation, x.Shape, w.Shape);
        return (RowCount(x), (int)w.Size(0));
    }

    /// <summary>dw: blocks of 64 rows in order, then the blocks in order.</summary>
    private void NormWeight(T* x, T* dy, CpuTensor w, int rows, int n, T* mean, T* r)
    {
        var blocks = (rows + 63) / 64;
        var partial = pool.Rent((long)Math.Max(1, blocks) * n * sizeof(T));
        var sums = (T*)partial.Pointer;
        workers.Run(blocks, new NormWeightBlocks(x, dy, sums, rows, n, mean, r));
        var dw = SlopeFromZero(w);
        for (var i = 0; i < blocks; i++) Pointwise<T, V>.Add(dw, sums + (long)i * n, dw, n);
        partial.Release();
    }

    private readonly struct RmsRow(T* x, T* w, T* y, T* scales, int n, T epsilon, T plus) : IRow
    {
        public void Run(long i) => scales[i] = Norms<T, V>.Rms(x + i * n, w, y + i * n, n, epsilon, plus);
    }

    private readonly struct RmsRowBack(T* x, T* w, T* dy, T* dx, T* scales, int n, T plus, bool add) : IRow
    {
        public void Run(long i) => Norms<T, V>.RmsBack(x + i * n, w, dy + i * n, dx + i * n, n, scales[i], plus, add);
    }

    private readonly struct LayerRow(T* x, T* w, T* b, T* y, T* scales, int rows, int n, T epsilon) : IRow
    {
        public void Run(long i) => Norms<T, V>.Layer(x + i * n, w, b, y + i * n, n, epsilon, scales + i, scales + rows + i);
    }

    private readonly struct LayerRowBack(T* x, T* w, T* dy, T* dx, T* scales, int rows, int n, bool add) : IRow
    {
        public void Run(long i) => Norms<T, V>.LayerBack(x + i * n, w, dy + i * n, dx + i * n, n, scales[i], scales[rows + i], add);
    }

    private readonly struct NormWeightBlocks(T* x, T* dy, T* sums, int rows, int n, T* mean, T* r) : IWork
    {
        public void Run(int item, int worker)
        {
            var sum = sums + (long)item * n;
            Clear(sum, n);
            for (long row = item * 64; row < Math.Min(rows, item * 64 + 64); row++)
                Norms<T, V>.WeightBack(x + row * n, dy + row * n, sum, n, mean == null ? T.Zero : mean[row], r[row]);
        }
    }
}

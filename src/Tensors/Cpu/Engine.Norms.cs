namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, bool plusOne = false)
    {
        var (input, w) = (Real_("rms_norm", "x", x), Real_("rms_norm", "weight", weight));
        var (rows, n) = NormShape("rms_norm", input, w);
        var (eps, plus) = (T.CreateChecked(epsilon), plusOne ? T.One : T.Zero);
        var output = New(input.Shape);
        var scales = New([rows]);
        T* px = At(input), pw = At(w), py = At(output), pr = At(scales);
        Each(rows, n, i => pr[i] = Norms<T, V>.Rms(px + i * n, pw, py + i * n, n, eps, plus));
        if (!Recording(input, w)) return output;
        return Record(output, () =>
        {
            var dy = At(output.Grad!);
            if (w.NeedsGrad) NormWeight(px, dy, w, rows, n, null, pr);
            if (!input.NeedsGrad) return;
            var dx = Slope(input, out var add);
            Each(rows, n, i => Norms<T, V>.RmsBack(px + i * n, pw, dy + i * n, dx + i * n, n, pr[i], plus, add));
        });
    }

    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double epsilon)
    {
        var (input, w) = (Real_("layer_norm", "x", x), Real_("layer_norm", "weight", weight));
        var b = bias is null ? null : Real_("layer_norm", "bias", bias);
        var (rows, n) = NormShape("layer_norm", input, w);
        if (b is not null && !b.Shape.SequenceEqual(w.Shape)) throw new ShapeMismatchException("layer_norm", "bias", b.Shape, $"[{n}]");
        var eps = T.CreateChecked(epsilon);
        var output = New(input.Shape);
        var scales = New([2, rows]);
        T* px = At(input), pw = At(w), pb = b is null ? null : At(b), py = At(output), mean = At(scales), pr = At(scales) + rows;
        Each(rows, n, i => Norms<T, V>.Layer(px + i * n, pw, pb, py + i * n, n, eps, mean + i, pr + i));
        if (!Recording(input, w, b)) return output;
        return Record(output, () =>
        {
            var dy = At(output.Grad!);
            if (w.NeedsGrad) NormWeight(px, dy, w, rows, n, mean, pr);
            if (b is { NeedsGrad: true }) SumRows(dy, Slope(b, out var addB), rows, n, addB);
            if (!input.NeedsGrad) return;
            var dx = Slope(input, out var add);
            Each(rows, n, i => Norms<T, V>.LayerBack(px + i * n, pw, dy + i * n, dx + i * n, n, mean[i], pr[i], add));
        });
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
        workers.Run(blocks, (i, _) =>
        {
            var sum = sums + (long)i * n;
            Clear(sum, n);
            for (long row = i * 64; row < Math.Min(rows, i * 64 + 64); row++)
                Norms<T, V>.WeightBack(x + row * n, dy + row * n, sum, n, mean == null ? T.Zero : mean[row], r[row]);
        });
        var dw = SlopeFromZero(w);
        for (var i = 0; i < blocks; i++) Pointwise<T, V>.Add(dw, sums + (long)i * n, dw, n);
        partial.Release();
    }
}

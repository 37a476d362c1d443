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
        w.Packed = pool.Rent(Gemm<T, V>.PackedCount(k, n) * sizeof(T));
        PackAll(Matrix<T>.Transposed(At(w), k), k, n, (T*)w.Packed.Pointer);
    }

    public Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null)
    {
        var (input, w) = (Real_("linear", "x", x), Weight_("linear", "weight", weight));
        var b = bias is null ? null : Real_("linear", "bias", bias);
        if (w.Rank != 2 || input.Rank == 0 || input.Size(-1) != w.Size(1)) throw new ShapeMismatchException("linear", input.Shape, w.Shape);
        var (n, k) = ((int)w.Size(0), (int)w.Size(1));
        if (b is not null && (b.Rank != 1 || b.Size(0) != n)) throw new ShapeMismatchException("linear", "bias", b.Shape, $"[{n}]");
        var shape = input.Shape.ToArray();
        shape[^1] = n;
        var output = New(shape);
        if (w.Frozen is not null) return LinearFrozen(input, w, b, output);
        var m = RowCount(input);
        Multiply(Matrix<T>.Rows(At(input), k), Matrix<T>.Transposed(At(w), k), At(output), m, n, k, false, w.Packed);
        if (b is not null) AddRow(At(output), At(b), m, n);
        if (!Recording(input, w, b)) return output;
        return Record(output, () =>
        {
            var dy = At(output.Grad!);
            if (input.NeedsGrad) Multiply(Matrix<T>.Rows(dy, n), Matrix<T>.Rows(At(w), k), Slope(input, out var addX), m, k, n, addX);
            if (w.NeedsGrad) Multiply(Matrix<T>.Transposed(dy, n), Matrix<T>.Rows(At(input), k), Slope(w, out var addW), n, k, m, addW);
            if (b is { NeedsGrad: true }) SumRows(dy, Slope(b, out var addB), m, n, addB);
        });
    }

    public Tensor BatchMatMul(Tensor a, Tensor b, bool transposeB = false)
    {
        var (left, right) = (Real_("matmul", "left", a), Real_("matmul", "right", b));
        var rank = left.Rank;
        var fits = rank >= 2 && right.Rank == rank && left.Shape[..^2].SequenceEqual(right.Shape[..^2]);
        if (!fits || left.Size(-1) != right.Size(transposeB ? -1 : -2)) throw new ShapeMismatchException("matmul", left.Shape, right.Shape);
        var (m, k, n) = ((int)left.Size(-2), (int)left.Size(-1), (int)right.Size(transposeB ? -2 : -1));
        var shape = left.Shape.ToArray();
        shape[^1] = n;
        var output = New(shape);
        var batch = (int)(shape[..^2].Aggregate(1L, (x, y) => x * y));
        Matrix<T> Right(T* p) => transposeB ? Matrix<T>.Transposed(p, k) : Matrix<T>.Rows(p, n);
        T* pa = At(left), pb = At(right), pc = At(output);
        workers.Run(batch, (i, w) => Gemm<T, V>.Serial(
            Matrix<T>.Rows(pa + (long)i * m * k, k), Right(pb + (long)i * k * n), pc + (long)i * m * n, n, m, n, k, false, scratch[w]));
        if (!Recording(left, right)) return output;
        return Record(output, () => BatchBack(left, right, At(output.Grad!), batch, m, n, k, transposeB));
    }

    private void BatchBack(CpuTensor left, CpuTensor right, T* dy, int batch, int m, int n, int k, bool transposeB)
    {
        T* pa = At(left), pb = At(right);
        if (left.NeedsGrad)
        {
            var da = Slope(left, out var add);
            Matrix<T> Back(T* p) => transposeB ? Matrix<T>.Rows(p, k) : Matrix<T>.Transposed(p, n);
            workers.Run(batch, (i, w) => Gemm<T, V>.Serial(
                Matrix<T>.Rows(dy + (long)i * m * n, n), Back(pb + (long)i * k * n), da + (long)i * m * k, k, m, k, n, add, scratch[w]));
        }

        if (!right.NeedsGrad) return;
        var db = Slope(right, out var addB);
        workers.Run(batch, (i, w) =>
        {
            T* ai = pa + (long)i * m * k, di = dy + (long)i * m * n, bi = db + (long)i * k * n;
            if (transposeB) Gemm<T, V>.Serial(Matrix<T>.Transposed(di, n), Matrix<T>.Rows(ai, k), bi, k, n, k, m, addB, scratch[w]);
            else Gemm<T, V>.Serial(Matrix<T>.Transposed(ai, k), Matrix<T>.Rows(di, n), bi, n, k, n, m, addB, scratch[w]);
        });
    }

    private static int RowCount(CpuTensor x) => x.Count == 0 ? (int)Product(x.Shape[..^1]) : (int)(x.Count / x.Size(-1));

    private static long Product(ReadOnlySpan<long> sizes)
    {
        var product = 1L;
        foreach (var size in sizes) product *= size;
        return product;
    }

    /// <summary>C = A·B (or +=) on all threads; <paramref name="packedB"/> when B is packed already.</summary>
    private void Multiply(Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, bool accumulate, Storage? packedB = null)
    {
        if (m == 0 || n == 0) return;
        var panels = (n + Panel - 1) / Panel;
        if ((long)m * n * k < 1 << 17)
        {
            if (packedB is null) Gemm<T, V>.Serial(a, b, c, n, m, n, k, accumulate, scratch[0]);
            else Gemm<T, V>.Compute(a, (T*)packedB.Pointer, c, n, k, n, 0, m, 0, panels, accumulate, scratch[0]);
            return;
        }

        if (m < 4 * 12 * workers.Threads)
        {
            MultiplyByPanels(a, b, c, m, n, k, accumulate, packedB);
            return;
        }

        var own = packedB is null ? pool.Rent(Gemm<T, V>.PackedCount(k, n) * sizeof(T)) : packedB.Share();
        var packed = (T*)own.Pointer;
        if (packedB is null) PackAll(b, k, n, packed);
        var piece = Math.Clamp((m / (workers.Threads * 6) + 11) / 12 * 12, 12, 240);
        workers.Run((m + piece - 1) / piece, (i, w) =>
            Gemm<T, V>.Compute(a, packed, c, n, k, n, i * piece, Math.Min(m, (i + 1) * piece), 0, panels, accumulate, scratch[w]));
        own.Release();
    }

    /// <summary>For few rows: every task takes panels of B, packs them next to itself and uses them at once.</summary>
    private void MultiplyByPanels(Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, bool accumulate, Storage? packedB)
    {
        var panels = (n + Panel - 1) / Panel;
        var packed = packedB is null ? null : (T*)packedB.Pointer;
        var piece = Math.Max(1, panels / (workers.Threads * 8));
        workers.Run((panels + piece - 1) / piece, (i, w) =>
        {
            var (p0, p1) = (i * piece, Math.Min(panels, (i + 1) * piece));
            if (packed != null)
            {
                Gemm<T, V>.Compute(a, packed, c, n, k, n, 0, m, p0, p1, accumulate, scratch[w]);
                return;
            }

            for (var p = p0; p < p1; p++)
            {
                var columns = Math.Min(Panel, n - p * Panel);
                var part = new Matrix<T>(b.Data + p * Panel * b.ColumnStep, b.RowStep, b.ColumnStep);
                var panel = scratch[w].Take<T>(ScratchSlot.PanelsOfB, (long)k * Panel);
                Gemm<T, V>.Pack(part, k, columns, 0, 1, panel);
                Gemm<T, V>.Compute(a, panel, c + p * Panel, n, k, columns, 0, m, 0, 1, accumulate, scratch[w]);
            }
        });
    }

    private void PackAll(Matrix<T> b, int k, int n, T* packed)
    {
        var panels = (n + Panel - 1) / Panel;
        var piece = Math.Max(1, Math.Max(panels / (workers.Threads * 2), 16384 / (Panel * Math.Max(1, k))));
        workers.Run((panels + piece - 1) / piece, (i, _) => Gemm<T, V>.Pack(b, k, n, i * piece, Math.Min(panels, (i + 1) * piece), packed));
    }

    private void AddRow(T* y, T* row, int rows, int width) => Split(rows, Math.Max(1, Grain / Math.Max(1, width)), (from, to) =>
    {
        for (var r = from; r < to; r++) Pointwise<T, V>.Add(y + r * width, row, y + r * width, width);
    });

    /// <summary>Column sums: blocks of 64 rows summed in order, then the blocks in order.</summary>
    private void SumRows(T* x, T* target, int rows, int width, bool accumulate)
    {
        var blocks = (rows + 63) / 64;
        var partial = pool.Rent((long)Math.Max(1, blocks) * width * sizeof(T));
        var sums = (T*)partial.Pointer;
        workers.Run(blocks, (i, _) =>
        {
            var sum = sums + (long)i * width;
            Clear(sum, width);
            for (var r = i * 64; r < Math.Min(rows, i * 64 + 64); r++) Pointwise<T, V>.Add(sum, x + (long)r * width, sum, width);
        });
        if (!accumulate) Clear(target, width);
        for (var i = 0; i < blocks; i++) Pointwise<T, V>.Add(target, sums + (long)i * width, target, width);
        partial.Release();
    }
}

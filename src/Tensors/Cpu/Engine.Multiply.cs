namespace Temper.Tensors;

/// <summary>How one matrix product is shared among the workers.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    /// <summary>C = A·B (or +=) on all threads; <paramref name="packedB"/> when B is packed already.</summary>
    private void Multiply(Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, bool accumulate, Storage? packedB = null)
    {
        if (m == 0 || n == 0) return;
        using var product = clock is null ? default : clock.StartProduct();
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

        var own = packedB is null ? PackOnce(b, k, n) : packedB.Share();
        var piece = Math.Clamp((m / (workers.Threads * 6) + 11) / 12 * 12, 12, 240);
        workers.Run((m + piece - 1) / piece, new ByRows(scratch, a, (T*)own.Pointer, c, m, n, k, piece, accumulate));
        own.Release();
    }

    /// <summary>For few rows: every task takes panels of B, packs them next to itself and uses them at once.</summary>
    private void MultiplyByPanels(Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, bool accumulate, Storage? packedB)
    {
        var panels = (n + Panel - 1) / Panel;
        var piece = Math.Max(1, panels / (workers.Threads * 8));
        var tasks = (panels + piece - 1) / piece;
        if (packedB is null) workers.Run(tasks, new ByPanels(scratch, a, b, c, m, n, k, piece, accumulate));
        else workers.Run(tasks, new ByPackedPanels(scratch, a, (T*)packedB.Pointer, c, m, n, k, piece, accumulate));
    }

    private Storage PackOnce(Matrix<T> b, int k, int n)
    {
        var packed = pool.Rent(Gemm<T, V>.PackedCount(k, n) * sizeof(T));
        PackAll(b, k, n, (T*)packed.Pointer);
        return packed;
    }

    private void PackAll(Matrix<T> b, int k, int n, T* packed)
    {
        var panels = (n + Panel - 1) / Panel;
        var piece = Math.Max(1, Math.Max(panels / (workers.Threads * 2), 16384 / (Panel * Math.Max(1, k))));
        workers.Run((panels + piece - 1) / piece, new PackedPanels(b, packed, k, n, panels, piece));
    }

    /// <summary>Some rows of C with the whole of B.</summary>
    private readonly struct ByRows(Scratch[] scratch, Matrix<T> a, T* packed, T* c, int m, int n, int k, int piece, bool accumulate) : IWork
    {
        public void Run(int item, int worker) => Gemm<T, V>.Compute(
            a, packed, c, n, k, n, item * piece, Math.Min(m, (item + 1) * piece), 0, (n + Panel - 1) / Panel, accumulate, scratch[worker]);
    }

    /// <summary>Some panels of C.</summary>
    private readonly struct ByPackedPanels(Scratch[] scratch, Matrix<T> a, T* packed, T* c, int m, int n, int k, int piece, bool accumulate) : IWork
    {
        public void Run(int item, int worker) => Gemm<T, V>.Compute(
            a, packed, c, n, k, n, 0, m, item * piece, Math.Min((n + Panel - 1) / Panel, (item + 1) * piece), accumulate, scratch[worker]);
    }

    /// <summary>Some panels of C; those of B are packed on the way.</summary>
    private readonly struct ByPanels(Scratch[] scratch, Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, int piece, bool accumulate) : IWork
    {
        public void Run(int item, int worker)
        {
            var mine = scratch[worker];
            for (var p = item * piece; p < Math.Min((n + Panel - 1) / Panel, (item + 1) * piece); p++)
            {
                var columns = Math.Min(Panel, n - p * Panel);
                var part = new Matrix<T>(b.Data + p * Panel * b.ColumnStep, b.RowStep, b.ColumnStep);
                var panel = mine.Take<T>(ScratchSlot.PanelsOfB, (long)k * Panel);
                Gemm<T, V>.Pack(part, k, columns, 0, 1, panel);
                Gemm<T, V>.Compute(a, panel, c + p * Panel, n, k, columns, 0, m, 0, 1, accumulate, mine);
            }
        }
    }

    private readonly struct PackedPanels(Matrix<T> b, T* packed, int k, int n, int panels, int piece) : IWork
    {
        public void Run(int item, int worker) => Gemm<T, V>.Pack(b, k, n, item * piece, Math.Min(panels, (item + 1) * piece), packed);
    }
}

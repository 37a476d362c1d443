namespace Temper.Tensors;

/// <summary>Where a matrix lies: element (row, column) at Data[row · RowStep + column · ColumnStep], one of the steps being 1.</summary>
internal readonly unsafe struct Matrix<T>(T* data, long rowStep, long columnStep) where T : unmanaged
{
    public readonly T* Data = data;
    public readonly long RowStep = rowStep, ColumnStep = columnStep;

    /// <summary>Row-major with this many elements from row to row.</summary>
    public static Matrix<T> Rows(T* data, long step) => new(data, step, 1);

    /// <summary>The transpose of a row-major matrix.</summary>
    public static Matrix<T> Transposed(T* data, long step) => new(data, 1, step);
}

/// <summary>C = A·B or C += A·B in packed register tiles (after Goto &amp; van de Geijn 2008, and BLIS). Every element of C is one chain of fused
/// multiply-adds over ascending k, starting from 0 or from C: its bits do not depend on the other sizes, the tiling or the threads.</summary>
internal static unsafe class Gemm<T, V> where T : unmanaged where V : struct, ILanes<V, T>
{
    /// <summary>Columns of a packed panel of B.</summary>
    public const int Panel = 32;

    /// <summary>Steps of k per pass over a tile of C.</summary>
    public const int Depth = 256;

    private const int PanelGroup = 8;

    /// <summary>Elements that the packed form of a k × n matrix takes.</summary>
    public static long PackedCount(long k, long n) => (n + Panel - 1) / Panel * Panel * k;

    /// <summary>Packs panels [from, to) of B: 32 columns side by side, k after k, the missing columns of the last panel zero.</summary>
    public static void Pack(Matrix<T> b, int k, int n, int from, int to, T* packed)
    {
        for (var panel = from; panel < to; panel++)
        {
            var target = packed + (long)panel * Panel * k;
            var columns = Math.Min(Panel, n - panel * Panel);
            var source = b.Data + panel * Panel * b.ColumnStep;
            if (b.ColumnStep == 1) Packing<T, V>.Rows(source, b.RowStep, k, columns, target);
            else Packing<T, V>.Columns(source, b.ColumnStep, k, columns, target);
        }
    }

    /// <summary>Rows [m0, m1) and panels [p0, p1) of C = A·B with packed B.</summary>
    public static void Compute(Matrix<T> a, T* packed, T* c, long ldc, int k, int n, int m0, int m1, int p0, int p1, bool accumulate, Scratch scratch) =>
        Compute(a, packed, (long)k * Panel, c, ldc, k, n, m0, m1, p0, p1, accumulate, scratch);

    /// <summary>The same with <paramref name="panelStep"/> elements from panel to panel: B may be some consecutive rows of what was packed.</summary>
    public static void Compute(
        Matrix<T> a, T* packed, long panelStep, T* c, long ldc, int k, int n, int m0, int m1, int p0, int p1, bool accumulate, Scratch scratch)
    {
        if (k == 0 && !accumulate) Clear(c, ldc, n, m0, m1, p0, p1);
        for (var group = p0; group < p1; group += PanelGroup)
        {
            var end = Math.Min(group + PanelGroup, p1);
            for (var k0 = 0; k0 < k; k0 += Depth)
            {
                var slab = new Slab(packed + group * panelStep + (long)k0 * Panel, panelStep, group, end, k0, Math.Min(Depth, k - k0));
                Rows(a, slab, c, ldc, n, m0, m1, accumulate, scratch);
            }
        }
    }

    /// <summary>Rows [m0, m1) and panels [p0, p1) of C = A·Wᵀ, or with <paramref name="across"/> of C = A·W, with a frozen weight W: the same bits as with
    /// its widened numbers.</summary>
    public static void Compute(Matrix<T> a, FrozenPanels weight, bool across, T* c, long ldc, int m0, int m1, int p0, int p1, bool accumulate, Scratch scratch)
    {
        var (k, n) = across ? (weight.Outputs, weight.Inputs) : (weight.Inputs, weight.Outputs);
        var block = scratch.Take<T>(ScratchSlot.PanelsOfB, PanelGroup * Depth * Panel);
        var part = scratch.Take<T>(ScratchSlot.Widened, 2 * Panel * Panel);
        for (var group = p0; group < p1; group += PanelGroup)
        {
            var end = Math.Min(group + PanelGroup, p1);
            for (var k0 = 0; k0 < k; k0 += Depth)
            {
                var depth = Math.Min(Depth, k - k0);
                for (var panel = group; panel < end; panel++)
                {
                    var target = block + (long)(panel - group) * Depth * Panel;
                    if (across) FrozenReader<T, V>.WidenAcross(weight, panel, k0, depth, target, part);
                    else FrozenReader<T, V>.Widen(weight, panel, k0, depth, target);
                }

                Rows(a, new Slab(block, Depth * Panel, group, end, k0, depth), c, ldc, n, m0, m1, accumulate, scratch);
            }
        }
    }

    /// <summary>What some panels add to some rows of C in <see cref="Depth"/> steps of k.</summary>
    private static void Rows(Matrix<T> a, Slab slab, T* c, long ldc, int n, int m0, int m1, bool accumulate, Scratch scratch)
    {
        var tileA = scratch.Take<T>(ScratchSlot.TileOfA, 12 * Depth);
        var tileC = scratch.Take<T>(ScratchSlot.TileOfC, 12 * Panel);
        for (int m = m0, rows; m < m1; m += rows)
        {
            var left = m1 - m;
            var height = Height(left);
            rows = Math.Min(height, left);
            Packing<T, V>.TileOfA(a.Data + m * a.RowStep + slab.First * a.ColumnStep, a, rows, height, slab.Depth, tileA);
            for (var panel = slab.From; panel < slab.To; panel++)
            {
                var source = slab.Data + (panel - slab.From) * slab.Step;
                var target = c + m * ldc + panel * Panel;
                var columns = Math.Min(Panel, n - panel * Panel);
                Place(tileA, source, slab.Depth, target, ldc, rows, height, columns, accumulate || slab.First > 0, tileC);
            }
        }
    }

    /// <summary>Steps [First, First + Depth) of k of panels [From, To), Step elements apart.</summary>
    private readonly struct Slab(T* data, long step, int from, int to, int first, int depth)
    {
        public readonly T* Data = data;
        public readonly long Step = step;
        public readonly int From = from, To = to, First = first, Depth = depth;
    }

    /// <summary>C (m × n) = A (m × k) · B (k × n) on this thread.</summary>
    public static void Serial(Matrix<T> a, Matrix<T> b, T* c, long ldc, int m, int n, int k, bool accumulate, Scratch scratch)
    {
        var panels = (n + Panel - 1) / Panel;
        var packed = scratch.Take<T>(ScratchSlot.PanelsOfB, PackedCount(k, n));
        Pack(b, k, n, 0, panels, packed);
        Compute(a, packed, c, ldc, k, n, 0, m, 0, panels, accumulate, scratch);
    }

    private static int Height(int left)
    {
        if (left == 1) return 1;
        return V.TileRows == 12 && left > 8 ? 12 : 4;
    }

    private static void Place(T* a, T* b, int depth, T* c, long ldc, int rows, int height, int columns, bool accumulate, T* tileC)
    {
        if (rows == height && columns == Panel)
        {
            Tile(a, b, depth, c, ldc, height, accumulate);
            return;
        }

        var half = columns <= Panel / 2 && height == 12;
        if (half && rows == height && columns == Panel / 2)
        {
            Tiles<T, V>.TwelveHalf(a, b, depth, c, ldc, accumulate);
            return;
        }

        if (accumulate) Copy(c, ldc, tileC, Panel, rows, columns);
        if (half) Tiles<T, V>.TwelveHalf(a, b, depth, tileC, Panel, accumulate);
        else Tile(a, b, depth, tileC, Panel, height, accumulate);
        Copy(tileC, Panel, c, ldc, rows, columns);
    }

    private static void Tile(T* a, T* b, int depth, T* c, long ldc, int height, bool accumulate)
    {
        if (height == 12) Tiles<T, V>.Twelve(a, b, depth, c, ldc, accumulate);
        else if (height == 4) Tiles<T, V>.Four(a, b, depth, c, ldc, accumulate);
        else Tiles<T, V>.One(a, b, depth, c, accumulate);
    }

    private static void Copy(T* source, long sourceStep, T* target, long targetStep, int rows, int columns)
    {
        for (var r = 0; r < rows; r++)
            new ReadOnlySpan<T>(source + r * sourceStep, columns).CopyTo(new Span<T>(target + r * targetStep, columns));
    }

    private static void Clear(T* c, long ldc, int n, int m0, int m1, int p0, int p1)
    {
        var end = Math.Min(n, p1 * Panel);
        for (var m = m0; m < m1; m++) new Span<T>(c + m * ldc + p0 * Panel, end - p0 * Panel).Clear();
    }
}

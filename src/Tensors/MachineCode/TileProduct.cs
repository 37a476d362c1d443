namespace Temper.Tensors;

/// <summary>C = A·B or C += A·B on a <see cref="MatrixUnit"/>: A is f32 and rounded to bf16 on the way, B was packed as bf16 before, C is f32. Every
/// element of C is one chain over ascending k, padded with zeros to a multiple of 32: its bits do not depend on the other sizes, the tiling or the
/// threads.</summary>
internal static unsafe class TileProduct
{
    /// <summary>Columns of a packed panel of B.</summary>
    public const int Panel = 32;

    /// <summary>Steps of k per pass over C: rounded rows of A and a part of B's panel stay near.</summary>
    private const int Depth = 2048;

    /// <summary>Rows of A that are rounded at a time.</summary>
    public const int RowGroup = 96;

    /// <summary>bf16 numbers that the packed form of a k × n matrix takes.</summary>
    public static long PackedCount(long k, long n) => PadTo32(n) * PadTo32(k);

    /// <summary>Rows [m0, m1) and panels [p0, p1) of C. A has its rows <paramref name="lda"/> numbers apart.</summary>
    public static void Compute(
        MatrixUnit unit, float* a, long lda, ushort* packed, float* c, long ldc, int k, int n, int m0, int m1, int p0, int p1, bool accumulate, Scratch scratch)
    {
        if (k == 0 && !accumulate) Clear(c, ldc, n, m0, m1, p0, p1);
        var stride = RowStride(Math.Min(k, Depth));
        var roundedA = scratch.Take<ushort>(ScratchSlot.TileOfA, RowGroup * stride);
        var tileC = scratch.Take<float>(ScratchSlot.TileOfC, unit.MostRows * Panel);
        unit.Enter();
        for (var m = m0; m < m1; m += RowGroup)
        {
            var rows = Math.Min(RowGroup, m1 - m);
            for (var k0 = 0; k0 < k; k0 += Depth)
            {
                var depth = Math.Min(Depth, k - k0);
                var padded = (int)PadTo32(depth);
                Round(a + m * lda + k0, lda, rows, depth, roundedA, stride, unit.RowStep);
                for (var panel = p0; panel < p1; panel++)
                {
                    var part = new Part(roundedA, stride, packed + panel * Panel * PadTo32(k) + (long)k0 * Panel, padded / 32, accumulate || k0 > 0);
                    Column(unit, part, c + m * ldc + panel * Panel, ldc, rows, Math.Min(Panel, n - panel * Panel), tileC);
                }
            }
        }

        unit.Leave();
    }

    /// <summary>Rounded rows of A, a panel of B, and how they meet.</summary>
    private readonly record struct Part(nint A, long Stride, nint B, int Blocks, bool Accumulate)
    {
        public Part(ushort* a, long stride, ushort* b, int blocks, bool accumulate) : this((nint)a, stride, (nint)b, blocks, accumulate)
        {
        }

        public void Tile(MatrixUnit unit, int row, int height, float* c, long ldc) =>
            unit.Tile(height, Accumulate, (ushort*)A + row * Stride, (ushort*)B, c, Stride * sizeof(ushort), ldc * sizeof(float), Blocks);
    }

    /// <summary>Up to 32 columns of C, in tiles of nearly equal height.</summary>
    private static void Column(MatrixUnit unit, Part part, float* c, long ldc, int rows, int columns, float* tileC)
    {
        var tiles = (rows + unit.MostRows - 1) / unit.MostRows;
        for (int tile = 0, row = 0, end; tile < tiles; tile++, row = end)
        {
            end = unit.RowStep == 1 ? rows * (tile + 1) / tiles : Math.Min(rows, row + unit.MostRows);
            var height = (end - row + unit.RowStep - 1) / unit.RowStep * unit.RowStep;
            var target = c + row * ldc;
            if (height == end - row && columns == Panel)
            {
                part.Tile(unit, row, height, target, ldc);
                continue;
            }

            if (part.Accumulate) Copy(target, ldc, tileC, Panel, end - row, columns);
            part.Tile(unit, row, height, tileC, Panel);
            Copy(tileC, Panel, target, ldc, end - row, columns);
        }
    }

    private static void Round(float* a, long lda, int rows, int depth, ushort* target, long stride, int rowStep)
    {
        var padded = (int)PadTo32(depth);
        for (var row = 0; row < rows; row++) Bf16.RoundRow(a + row * lda, target + row * stride, depth, padded);
        for (var row = rows; row % rowStep != 0; row++) new Span<ushort>(target + row * stride, padded).Clear();
    }

    /// <summary>Numbers from row to row: an odd count of cache lines, so that rows do not fall into the same few sets of the cache.</summary>
    private static long RowStride(int depth) => (PadTo32(depth) / 32 | 1) * 32;

    private static long PadTo32(long count) => (count + 31) / 32 * 32;

    private static void Copy(float* source, long sourceStep, float* target, long targetStep, int rows, int columns)
    {
        for (var r = 0; r < rows; r++)
            new ReadOnlySpan<float>(source + r * sourceStep, columns).CopyTo(new Span<float>(target + r * targetStep, columns));
    }

    private static void Clear(float* c, long ldc, int n, int m0, int m1, int p0, int p1)
    {
        var end = Math.Min(n, p1 * Panel);
        for (var m = m0; m < m1; m++) new Span<float>(c + m * ldc + p0 * Panel, end - p0 * Panel).Clear();
    }
}

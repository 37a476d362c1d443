namespace Temper.Tensors;

/// <summary>The check that every unit passes before it is used: tiles of each height, fresh and accumulating, must have the bits of
/// <see cref="PairArithmetic"/>, also where numbers are subnormal or cancel.</summary>
internal static unsafe class MatrixUnitCheck
{
    private const int Depth = 64, Columns = 32;

    public static bool Passes(MatrixUnit unit)
    {
        var rows = unit.MostRows;
        var (a, b) = (Numbers(rows * Depth, 1), Numbers(Depth * Columns, 2));
        var start = new float[rows * Columns];
        Philox.FillUniform(new RandomKey(3, 0), start, -1, 1);
        for (var height = unit.RowStep; height <= rows; height += rows - unit.RowStep)
        {
            foreach (var accumulate in (bool[])[false, true])
            {
                var c = (float[])start.Clone();
                fixed (ushort* pa = a, pb = b)
                fixed (float* pc = c)
                {
                    unit.Enter();
                    unit.Tile(height, accumulate, pa, pb, pc, Depth * 2, Columns * 4, Depth / PairArithmetic.Block);
                    unit.Leave();
                }

                if (!Agrees(unit.Kind, a, b, start, c, height, accumulate)) return false;
            }
        }

        return true;
    }

    private static bool Agrees(MatrixUnitKind kind, ushort[] a, ushort[] b, float[] start, float[] c, int height, bool accumulate)
    {
        var column = new ushort[Depth];
        for (var i = 0; i < height * Columns; i++)
        {
            for (var k = 0; k < Depth; k++) column[k] = b[k / 2 * Columns * 2 + i % Columns * 2 + k % 2];
            var row = a.AsSpan(i / Columns * Depth, Depth);
            var from = accumulate ? start[i] : 0;
            var expected = kind == MatrixUnitKind.Amx ? PairArithmetic.Amx(from, row, column) : PairArithmetic.Avx512(from, row, column);
            if (BitConverter.SingleToUInt32Bits(expected) != BitConverter.SingleToUInt32Bits(c[i])) return false;
        }

        // Rows below the tile are not touched.
        return c.AsSpan(height * Columns).SequenceEqual(start.AsSpan(height * Columns));
    }

    /// <summary>Mostly everyday numbers; every fifth is of a size at which products are subnormal.</summary>
    private static ushort[] Numbers(int count, ulong seed)
    {
        var values = new float[count];
        Philox.FillUniform(new RandomKey(seed, 0), values, -1, 1);
        return [.. values.Select((v, i) => Bf16.Round(i % 5 == 0 ? v * 1e-19f : v))];
    }
}

namespace Temper.Tensors.Tests;

/// <summary>Whole products on the matrix units: every element is one chain over ascending k, whatever is around it.</summary>
public sealed unsafe class TileProductTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 33, 31)]
    [InlineData(13, 32, 64)]
    [InlineData(37, 70, 45)]
    [InlineData(50, 20, 97)]
    [InlineData(2, 34, 1100)]
    [InlineData(195, 3, 5)]
    public void A_product_is_the_chain_of_the_reference(int m, int n, int k)
    {
        foreach (var unit in InterpretedUnit.AndReal())
        {
            var (a, w) = (Singles(m * k, 1), Singles(n * k, 2));
            var start = Singles(m * n, 3);
            foreach (var accumulate in (bool[])[false, true])
            {
                var expected = Expected(unit.Kind, a, w, start, m, n, k, accumulate);
                Assert.Equal(expected, Product(unit, a, Packed(w, n, k), start, m, n, k, accumulate));
                Assert.Equal(expected, Product(unit, a, PackedRows(Turned(w, n, k), n, k), start, m, n, k, accumulate));
                Assert.Equal(expected, Product(unit, a, PackedFromTranspose(Turned(w, n, k), n, k), start, m, n, k, accumulate));
            }
        }
    }

    [Fact]
    public void Rows_and_columns_have_the_same_bits_in_any_piece()
    {
        const int m = 40, n = 80, k = 50;
        foreach (var unit in InterpretedUnit.AndReal())
        {
            var (a, w) = (Singles(m * k, 1), Singles(n * k, 2));
            var start = new float[m * n];
            var packed = Packed(w, n, k);
            var whole = Product(unit, a, packed, start, m, n, k, false);
            foreach (var (m0, m1, p0, p1) in ((int, int, int, int)[])[(0, 1, 0, 3), (7, 8, 1, 2), (3, 24, 2, 3), (11, 40, 0, 1)])
            {
                var piece = Product(unit, a, packed, start, m, n, k, false, (m0, m1, p0, p1));
                for (var i = 0; i < m * n; i++)
                {
                    var inside = i / n >= m0 && i / n < m1 && i % n >= p0 * 32 && i % n < p1 * 32;
                    Assert.Equal(inside ? whole[i] : 0, piece[i]);
                }
            }
        }
    }

    [Fact]
    public void Without_any_k_a_product_is_zero_and_a_sum_stays()
    {
        foreach (var unit in InterpretedUnit.AndReal())
        {
            var start = Singles(6, 3);
            Assert.All(Product(unit, [], new ushort[1], start, 2, 3, 0, false), v => Assert.Equal(0, v));
            Assert.Equal(start, Product(unit, [], new ushort[1], start, 2, 3, 0, true));
        }
    }

    private static float[] Singles(int count, uint seed) => [.. Numbers.Normal(count, seed).Select(v => (float)v)];

    private static float[] Turned(float[] w, int n, int k) => [.. Enumerable.Range(0, n * k).Select(i => w[i % n * k + i / n])];

    private static ushort[] Packed(float[] w, int n, int k)
    {
        var packed = new ushort[TileProduct.PackedCount(k, n)];
        Array.Fill(packed, (ushort)0x7FC0);
        fixed (float* from = w)
        fixed (ushort* to = packed) PairPacking.Transposed(from, k, k, n, 0, (n + 31) / 32, to);
        return packed;
    }

    private static ushort[] PackedRows(float[] w, int n, int k)
    {
        var packed = new ushort[TileProduct.PackedCount(k, n)];
        Array.Fill(packed, (ushort)0x7FC0);
        fixed (float* from = w)
        fixed (ushort* to = packed) PairPacking.Rows(from, n, k, n, 0, (n + 31) / 32, to);
        return packed;
    }

    /// <summary>From the packed form of the k × n matrix as a weight [k, n].</summary>
    private static ushort[] PackedFromTranspose(float[] turned, int n, int k)
    {
        var transpose = Packed(turned, k, n);
        var packed = new ushort[TileProduct.PackedCount(k, n)];
        Array.Fill(packed, (ushort)0x7FC0);
        fixed (ushort* from = transpose, to = packed)
            for (var panel = 0; panel < (n + 31) / 32; panel++) PairPacking.Turned(from, n, k, panel, to);
        return packed;
    }

    private static float[] Product(MatrixUnit unit, float[] a, ushort[] packed, float[] start, int m, int n, int k, bool accumulate, (int M0, int M1, int P0, int P1)? piece = null)
    {
        using var pool = new BufferPool();
        var c = (float[])start.Clone();
        var (m0, m1, p0, p1) = piece ?? (0, m, 0, (n + 31) / 32);
        fixed (float* pa = a, pc = c)
        fixed (ushort* pb = packed) TileProduct.Compute(unit, pa, k, pb, pc, n, k, n, m0, m1, p0, p1, accumulate, new Scratch(pool));
        return c;
    }

    private static float[] Expected(MatrixUnitKind kind, float[] a, float[] w, float[] start, int m, int n, int k, bool accumulate)
    {
        var padded = (k + 31) / 32 * 32;
        ushort[] Row(float[] x, int row) => [.. x.Skip(row * k).Take(k).Select(Bf16.Round), .. new ushort[padded - k]];
        var (rows, columns) = (Enumerable.Range(0, m).Select(i => Row(a, i)).ToArray(), Enumerable.Range(0, n).Select(j => Row(w, j)).ToArray());
        return [.. Enumerable.Range(0, m * n).Select(i =>
        {
            var from = accumulate ? start[i] : 0;
            return kind == MatrixUnitKind.Amx ? PairArithmetic.Amx(from, rows[i / n], columns[i % n]) : PairArithmetic.Avx512(from, rows[i / n], columns[i % n]);
        })];
    }
}

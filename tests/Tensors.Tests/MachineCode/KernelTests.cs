namespace Temper.Tensors.Tests;

/// <summary>The kernels themselves, interpreted and (where this machine has the instructions) run, against <see cref="PairArithmetic"/>.</summary>
public sealed unsafe class KernelTests
{
    private const int Columns = 32;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, -60)]
    [InlineData(2, 60)]
    [InlineData(1, 64)]
    public void Every_function_of_every_unit_has_the_bits_of_the_reference(int blocks, int exponent)
    {
        var depth = blocks * PairArithmetic.Block;
        foreach (var unit in InterpretedUnit.AndReal())
        {
            for (var rows = unit.RowStep; rows <= unit.MostRows; rows += unit.RowStep)
            {
                // Rows of a and c lie apart, with numbers between them that must neither count nor change.
                var (a, b) = (Pattern(rows * (depth + 32), 1, exponent), Pattern(depth * Columns, 2, exponent));
                var start = Pattern(rows * 40, 3, 2 * exponent).Select(Bf16.ToSingle).ToArray();
                foreach (var accumulate in (bool[])[false, true])
                {
                    var c = (float[])start.Clone();
                    fixed (ushort* pa = a, pb = b)
                    fixed (float* pc = c)
                    {
                        unit.Enter();
                        unit.Tile(rows, accumulate, pa, pb, pc, (depth + 32) * 2, 40 * 4, blocks);
                        unit.Leave();
                    }

                    Assert.Equal(Expected(unit.Kind, a, b, start, rows, depth, accumulate), c.Select(Bits));
                }
            }
        }
    }

    [Fact]
    public void The_edge_of_the_subnormal_numbers_is_where_the_reference_says()
    {
        // Products of about 2^-150 taken from the smallest normal number: kept or flushed by their last bits.
        var a = new ushort[12 * 32];
        var b = new ushort[32 * Columns];
        for (var row = 0; row < 12; row++) a[row * 32] = Bf16.Round((float)-Math.ScaleB(1 + row / 16.0, -100));
        for (var column = 0; column < Columns; column++) b[column * 2] = Bf16.Round((float)Math.ScaleB(1 + column / 32.0, -51));
        foreach (var unit in InterpretedUnit.AndReal().Where(u => u.Kind == MatrixUnitKind.Avx512))
        {
            var start = Enumerable.Repeat(BitConverter.UInt32BitsToSingle(0x00800000), 12 * 40).ToArray();
            var c = (float[])start.Clone();
            fixed (ushort* pa = a, pb = b)
            fixed (float* pc = c) unit.Tile(12, true, pa, pb, pc, 64, 40 * 4, 1);
            Assert.Equal(Expected(unit.Kind, a, b, start, 12, 32, true, 32), c.Select(Bits));
            Assert.Contains(0f, c);
        }
    }

    [Fact]
    public void Memory_beside_the_operands_is_never_touched()
    {
        var machine = new MachineInterpreter();
        var (code, starts) = MatrixUnit.Assemble(MatrixUnitKind.Avx512);
        var memory = new byte[4096];
        fixed (byte* p = memory)
        {
            machine.Lend(p, 63);
            var at = (long)p;
            Assert.Contains("were not lent", Assert.Throws<InvalidOperationException>(() => machine.Call(code, starts[2], at, at, at, 64, 128, 1)).Message, StringComparison.Ordinal);
        }
    }

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static IEnumerable<uint> Expected(MatrixUnitKind kind, ushort[] a, ushort[] b, float[] start, int rows, int depth, bool accumulate, int step = 0)
    {
        var column = new ushort[depth];
        for (var row = 0; row < rows; row++)
        {
            for (var j = 0; j < 40; j++)
            {
                var from = start[row * 40 + j];
                if (j < Columns)
                {
                    for (var k = 0; k < depth; k++) column[k] = b[(k / 2 * Columns + j) * 2 + k % 2];
                    var line = a.AsSpan(row * (step == 0 ? depth + 32 : step), depth);
                    from = accumulate ? from : 0;
                    from = kind == MatrixUnitKind.Amx ? PairArithmetic.Amx(from, line, column) : PairArithmetic.Avx512(from, line, column);
                }

                yield return Bits(from);
            }
        }
    }

    /// <summary>Numbers of every sign around 2^exponent, some of them zero, subnormal or close to cancelling.</summary>
    private static ushort[] Pattern(int count, uint seed, int exponent)
    {
        var values = Numbers.Normal(count, seed, Math.ScaleB(1, exponent));
        return [.. values.Select((v, i) => i % 11 == 3 ? (ushort)(i % 256) : i % 13 == 5 ? (ushort)0x8000 : Bf16.Round((float)v))];
    }
}

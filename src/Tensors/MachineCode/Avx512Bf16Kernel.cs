using static Temper.Tensors.Gpr;

namespace Temper.Tensors;

/// <summary>Machine code for a tile of C of up to 12 rows and 32 columns on AVX512_BF16. As a C function: <c>void (a, b, c, bytes from row to row of a,
/// bytes from row to row of c, blocks)</c>, a block being 32 steps of k. a holds rows of bf16; b holds, pair of k after pair of k, 32 columns of two bf16
/// side by side; c is f32. Two accumulators per row stay in registers over all k.</summary>
internal static class Avx512Bf16Kernel
{
    public const int MostRows = 12;

    /// <summary>Pairs of k per turn of the loop; a block has 16.</summary>
    private const int Unrolled = 4;

    /// <summary>Bytes of one pair of k in b.</summary>
    private const int Step = 128;

    private static readonly Zmm Left = new(24), Right = new(25);

    /// <summary>The code for tiles of exactly so many rows; c = a·b, or c += a·b.</summary>
    public static byte[] Assemble(int rows, bool accumulate)
    {
        var code = new Assembler();
        Start(code, rows, accumulate);
        // Rows 3, 6 and 9 of a get pointers of their own; the rows between are reached by index.
        code.Lea(Rax, new Mem(Rcx) { Index = Rcx, Scale = 2 });
        code.Lea(R10, new Mem(Rdi) { Index = Rax });
        code.Lea(R11, new Mem(R10) { Index = Rax });
        code.Add(Rax, R11);
        code.Add(R9, R9);
        code.Add(R9, R9);
        var loop = code.Here;
        for (var pair = 0; pair < Unrolled; pair++) Multiply(code, rows, pair);
        foreach (var pointer in (Gpr[])[Rdi, R10, R11, Rax]) code.Add(pointer, Unrolled * 4);
        code.Add(Rsi, Unrolled * Step);
        code.Sub(R9, 1);
        code.Jnz(loop);
        Finish(code, rows);
        return code.ToArray();
    }

    private static void Start(Assembler code, int rows, bool accumulate)
    {
        code.Mov(Rax, Rdx);
        for (var row = 0; row < rows; row++)
        {
            var (left, right) = Accumulators(row);
            if (accumulate)
            {
                code.Vmovups(left, new Mem(Rax));
                code.Vmovups(right, new Mem(Rax, 64));
            }
            else
            {
                // c is on its way while the products are summed.
                code.Prefetchw(new Mem(Rax));
                code.Prefetchw(new Mem(Rax, 64));
                code.Vpxord(left, left, left);
                code.Vpxord(right, right, right);
            }

            code.Add(Rax, R8);
        }
    }

    private static void Multiply(Assembler code, int rows, int pair)
    {
        code.Vmovups(Left, new Mem(Rsi, pair * Step));
        code.Vmovups(Right, new Mem(Rsi, pair * Step + 64));
        for (var row = 0; row < rows; row++)
        {
            // One broadcast serves both halves: loads are scarcer than arithmetic.
            var (left, right) = Accumulators(row);
            var a = new Zmm(28 + row % 4);
            code.Vbroadcastss(a, RowOfA(row, pair * 4));
            code.Vdpbf16ps(left, Left, a);
            code.Vdpbf16ps(right, Right, a);
        }
    }

    private static void Finish(Assembler code, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var (left, right) = Accumulators(row);
            code.Vmovups(new Mem(Rdx), left);
            code.Vmovups(new Mem(Rdx, 64), right);
            code.Add(Rdx, R8);
        }

        code.Vzeroupper();
        code.Ret();
    }

    private static Mem RowOfA(int row, int displacement)
    {
        var address = new Mem(((Gpr[])[Rdi, R10, R11, Rax])[row / 3], displacement);
        return row % 3 == 0 ? address : address with { Index = Rcx, Scale = row % 3 };
    }

    private static (Zmm Left, Zmm Right) Accumulators(int row) => (new(row * 2), new(row * 2 + 1));
}

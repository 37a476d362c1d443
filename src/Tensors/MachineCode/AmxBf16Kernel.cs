using static Temper.Tensors.Gpr;

namespace Temper.Tensors;

/// <summary>Machine code for a tile of C of 16 or 32 rows and 32 columns on AMX: the same function and the same operands as
/// <see cref="Avx512Bf16Kernel"/>. Tiles 0 to 3 are quarters of C, 4 and 5 sixteen rows of a each, 6 and 7 sixteen columns of b each. A tile of b is
/// every row of its panel, half of it: 64 of the 128 bytes.</summary>
internal static class AmxBf16Kernel
{
    public const int MostRows = 32, RowStep = 16;

    private static readonly Tmm TopLeft = new(0), TopRight = new(1), LowLeft = new(2), LowRight = new(3), Top = new(4), Low = new(5), Left = new(6), Right = new(7);

    /// <summary>Eight tiles of 16 rows of 64 bytes: what the code of <see cref="AssembleEnter"/> loads.</summary>
    public static byte[] Configuration()
    {
        var bytes = new byte[64];
        bytes[0] = 1;
        for (var tile = 0; tile < 8; tile++) (bytes[16 + tile * 2], bytes[48 + tile]) = (64, 16);
        return bytes;
    }

    /// <summary>Before the first tile on a thread, with the address of the configuration.</summary>
    public static byte[] AssembleEnter()
    {
        var code = new Assembler();
        code.Ldtilecfg(new Mem(Rdi));
        code.Ret();
        return code.ToArray();
    }

    /// <summary>After the last tile on a thread, so that the system need not save tiles any more.</summary>
    public static byte[] AssembleLeave()
    {
        var code = new Assembler();
        code.Tilerelease();
        code.Ret();
        return code.ToArray();
    }

    /// <summary>The code for tiles of 16 or 32 rows; c = a·b, or c += a·b.</summary>
    public static byte[] Assemble(int rows, bool accumulate)
    {
        var code = new Assembler();
        var both = rows == MostRows;
        // Row 16 of a and of c.
        code.Lea(Rax, new Mem(Rdi) { Index = Rcx, Scale = 8 });
        code.Lea(Rax, new Mem(Rax) { Index = Rcx, Scale = 8 });
        code.Lea(R11, new Mem(Rdx) { Index = R8, Scale = 8 });
        code.Lea(R11, new Mem(R11) { Index = R8, Scale = 8 });
        code.Mov(R10, 128);
        foreach (var (tile, place) in Quarters(both))
        {
            if (accumulate) code.Tileloadd(tile, place);
            else code.Tilezero(tile);
        }

        var loop = code.Here;
        Multiply(code, both);
        code.Add(Rdi, 64);
        code.Add(Rax, 64);
        code.Add(Rsi, 16 * 128);
        code.Sub(R9, 1);
        code.Jnz(loop);
        foreach (var (tile, place) in Quarters(both)) code.Tilestored(place, tile);
        code.Ret();
        return code.ToArray();
    }

    private static void Multiply(Assembler code, bool both)
    {
        code.Tileloadd(Top, new Mem(Rdi) { Index = Rcx });
        code.Tileloadd(Left, new Mem(Rsi) { Index = R10 });
        code.Tdpbf16ps(TopLeft, Top, Left);
        code.Tileloadd(Right, new Mem(Rsi, 64) { Index = R10 });
        code.Tdpbf16ps(TopRight, Top, Right);
        if (!both) return;
        code.Tileloadd(Low, new Mem(Rax) { Index = Rcx });
        code.Tdpbf16ps(LowLeft, Low, Left);
        code.Tdpbf16ps(LowRight, Low, Right);
    }

    private static IEnumerable<(Tmm Tile, Mem Place)> Quarters(bool both)
    {
        yield return (TopLeft, new Mem(Rdx) { Index = R8 });
        yield return (TopRight, new Mem(Rdx, 64) { Index = R8 });
        if (!both) yield break;
        yield return (LowLeft, new Mem(R11) { Index = R8 });
        yield return (LowRight, new Mem(R11, 64) { Index = R8 });
    }
}

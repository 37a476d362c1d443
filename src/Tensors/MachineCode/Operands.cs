namespace Temper.Tensors;

/// <summary>The 64-bit general registers, by their number in an instruction.</summary>
internal enum Gpr : byte
{
    Rax,
    Rcx,
    Rdx,
    Rbx,
    Rsp,
    Rbp,
    Rsi,
    Rdi,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
}

/// <summary>One of the 32 vector registers of 512 bits.</summary>
internal readonly record struct Zmm(int Number);

/// <summary>One of the 8 matrix tiles: at most 16 rows of 64 bytes.</summary>
internal readonly record struct Tmm(int Number);

/// <summary>The bytes at Base + Index · Scale + Displacement; Scale is 1, 2, 4 or 8.</summary>
internal readonly record struct Mem(Gpr Base, int Displacement = 0)
{
    /// <summary>Null: nothing is added. Rsp cannot be an index.</summary>
    public Gpr? Index { get; init; }

    public int Scale { get; init; } = 1;
}

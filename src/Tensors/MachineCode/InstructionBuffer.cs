using System.Buffers.Binary;

namespace Temper.Tensors;

/// <summary>Bytes of x86-64 instructions as they grow: prefixes, the operand bytes (ModRM, SIB, displacement) and jump distances. Intel's manual,
/// volume 2, chapter 2, is the source of every field.</summary>
internal sealed class InstructionBuffer
{
    private readonly List<byte> bytes = [];

    /// <summary>The code so far.</summary>
    public byte[] ToArray() => [.. bytes];

    public int Length => bytes.Count;

    public void Byte(int value) => bytes.Add((byte)value);

    public void Int32(int value)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(four, value);
        bytes.AddRange(four);
    }

    /// <summary>The prefix of an instruction on 64-bit registers: REX.W, and the fourth bit of each register number.</summary>
    public void Rex(int reg, Mem mem) => Byte(0x48 | High(reg) << 2 | High(mem.Index ?? 0) << 1 | High(mem.Base));

    public void Rex(int reg, Gpr rm) => Byte(0x48 | High(reg) << 2 | High(rm));

    /// <summary>The prefix of an instruction that has no register operand: only where the address needs it.</summary>
    public void RexOfAddress(Mem mem)
    {
        var high = High(mem.Index ?? 0) << 1 | High(mem.Base);
        if (high != 0) Byte(0x40 | high);
    }

    /// <summary>The three-byte VEX prefix in opcode map 0F38 without a second source or with one (its register number in <paramref name="source"/>).
    /// Register bits are stored inverted.</summary>
    public void Vex38(int prefix, int source = 0, Mem? mem = null)
    {
        Byte(0xC4);
        Byte(0x80 | Inverse(High(mem?.Index ?? 0)) << 6 | Inverse(High(mem?.Base ?? 0)) << 5 | 2);
        Byte((~source & 15) << 3 | prefix);
    }

    /// <summary>The EVEX prefix of a 512-bit instruction without a mask. <paramref name="map"/>: 1 for 0F, 2 for 0F38; <paramref name="prefix"/>: 0 none,
    /// 1 for 66, 2 for F3, 3 for F2; <paramref name="broadcast"/>: the memory operand is one element for all lanes.</summary>
    public void Evex(int map, int prefix, int reg, int source, Mem mem, bool broadcast = false) =>
        Evex(map, prefix, reg, source, High(mem.Index ?? 0), High(mem.Base), broadcast);

    /// <summary>The same for a register operand; its fifth bit takes the place of the index register's fourth.</summary>
    public void Evex(int map, int prefix, int reg, int source, Zmm rm) =>
        Evex(map, prefix, reg, source, rm.Number >> 4 & 1, rm.Number >> 3 & 1, false);

    /// <summary>ModRM for a register operand; <paramref name="reg"/> is a register or the opcode's extension.</summary>
    public void Direct(int reg, int rm) => Byte(0xC0 | (reg & 7) << 3 | rm & 7);

    /// <summary>ModRM, SIB and displacement. EVEX instructions count 8-bit displacements in units of <paramref name="unit"/> bytes. Tile loads and stores
    /// demand a SIB byte in any case: <paramref name="sib"/>.</summary>
    public void Memory(int reg, Mem mem, int unit = 1, bool sib = false)
    {
        var low = (int)mem.Base & 7;
        sib |= mem.Index is not null || low == 4;
        // Without a displacement, base 5 would mean "no base".
        var none = mem.Displacement == 0 && low != 5;
        var shortForm = mem.Displacement % unit == 0 && mem.Displacement / unit is >= -128 and <= 127;
        Byte((none ? 0 : shortForm ? 0x40 : 0x80) | (reg & 7) << 3 | (sib ? 4 : low));
        if (sib) Byte(int.Log2(mem.Scale) << 6 | ((int)(mem.Index ?? Gpr.Rsp) & 7) << 3 | low);
        if (none) return;
        if (shortForm) Byte(mem.Displacement / unit);
        else Int32(mem.Displacement);
    }

    /// <summary>A conditional jump back to a place: one byte of distance where that reaches, else four.</summary>
    public void JumpBack(int condition, int place)
    {
        var distance = place - (Length + 2);
        if (distance >= -128)
        {
            Byte(0x70 | condition);
            Byte(distance);
            return;
        }

        Byte(0x0F);
        Byte(0x80 | condition);
        Int32(place - (Length + 4));
    }

    private void Evex(int map, int prefix, int reg, int source, int x, int b, bool broadcast)
    {
        Byte(0x62);
        Byte(Inverse(reg >> 3 & 1) << 7 | Inverse(x) << 6 | Inverse(b) << 5 | Inverse(reg >> 4 & 1) << 4 | map);
        Byte((~source & 15) << 3 | 4 | prefix);
        Byte(0x40 | (broadcast ? 0x10 : 0) | Inverse(source >> 4 & 1) << 3);
    }

    private static int High(Gpr register) => High((int)register);

    private static int High(int register) => register >> 3 & 1;

    private static int Inverse(int bit) => bit ^ 1;
}

namespace Temper.Tensors;

/// <summary>An assembler for the few x86-64 instructions that the matrix kernels need, each method named as in Intel's manual, target first. The
/// tests hold every method against the bytes of the GNU assembler.</summary>
internal sealed class Assembler
{
    private const int Np = 0, P66 = 1, F3 = 2, F2 = 3, Map0F = 1, Map0F38 = 2;
    private readonly InstructionBuffer code = new();

    public byte[] ToArray() => code.ToArray();

    /// <summary>This place in the code, for a jump back to it.</summary>
    public int Here => code.Length;

    public void Mov(Gpr target, Gpr source) => Plain(0x89, source, target);

    public void Mov(Gpr target, int value)
    {
        code.Rex(0, target);
        code.Byte(0xC7);
        code.Direct(0, (int)target);
        code.Int32(value);
    }

    /// <summary>target = the address itself.</summary>
    public void Lea(Gpr target, Mem address)
    {
        code.Rex((int)target, address);
        code.Byte(0x8D);
        code.Memory((int)target, address);
    }

    public void Add(Gpr target, Gpr source) => Plain(0x01, source, target);

    public void Add(Gpr target, int value) => WithNumber(0, target, value);

    public void Sub(Gpr target, int value) => WithNumber(5, target, value);

    /// <summary>Goes back to a place when the last result was not zero.</summary>
    public void Jnz(int place) => code.JumpBack(5, place);

    public void Ret() => code.Byte(0xC3);

    /// <summary>Fetches a cache line that will be written.</summary>
    public void Prefetchw(Mem line)
    {
        code.RexOfAddress(line);
        code.Byte(0x0F);
        code.Byte(0x0D);
        code.Memory(1, line);
    }

    /// <summary>Clears the upper halves of the vector registers 0 to 15, which old SSE code would otherwise have to keep.</summary>
    public void Vzeroupper()
    {
        code.Byte(0xC5);
        code.Byte(0xF8);
        code.Byte(0x77);
    }

    /// <summary>Loads sixteen floats, of any alignment.</summary>
    public void Vmovups(Zmm target, Mem source) => Vector(Map0F, Np, 0x10, target, default, source, 64);

    /// <summary>Stores sixteen floats.</summary>
    public void Vmovups(Mem target, Zmm source) => Vector(Map0F, Np, 0x11, source, default, target, 64);

    public void Vpxord(Zmm target, Zmm left, Zmm right) => Vector(Map0F, P66, 0xEF, target, left, right);

    /// <summary>Every lane = the 32 bits in memory.</summary>
    public void Vbroadcastss(Zmm target, Mem source) => Vector(Map0F38, P66, 0x18, target, default, source, 4);

    /// <summary>Per lane: target += left.odd · right.odd, then += left.even · right.even (bf16 pairs into f32).</summary>
    public void Vdpbf16ps(Zmm target, Zmm left, Zmm right) => Vector(Map0F38, F3, 0x52, target, left, right);

    /// <summary>The same with one pair in memory for all lanes.</summary>
    public void Vdpbf16psBroadcast(Zmm target, Zmm left, Mem right) => Vector(Map0F38, F3, 0x52, target, left, right, 4, broadcast: true);

    /// <summary>Sets the shapes of all tiles from 64 bytes; tiles become zero.</summary>
    public void Ldtilecfg(Mem configuration)
    {
        code.Vex38(Np, mem: configuration);
        code.Byte(0x49);
        code.Memory(0, configuration);
    }

    /// <summary>Gives the tiles back: no state is left for the system to save.</summary>
    public void Tilerelease()
    {
        code.Vex38(Np);
        code.Byte(0x49);
        code.Direct(0, 0);
    }

    public void Tilezero(Tmm target)
    {
        code.Vex38(F2);
        code.Byte(0x49);
        code.Direct(target.Number, 0);
    }

    /// <summary>Loads the rows of a tile; the index register of the address holds the bytes from row to row.</summary>
    public void Tileloadd(Tmm target, Mem rows) => Tile(F2, target, rows);

    /// <summary>Stores the rows of a tile.</summary>
    public void Tilestored(Mem rows, Tmm source) => Tile(F3, source, rows);

    /// <summary>target += left · right: left has rows of bf16 pairs along k, right has a row per pair with both numbers of a column side by side.</summary>
    public void Tdpbf16ps(Tmm target, Tmm left, Tmm right)
    {
        code.Vex38(F3, right.Number);
        code.Byte(0x5C);
        code.Direct(target.Number, left.Number);
    }

    private void Plain(int opcode, Gpr reg, Gpr rm)
    {
        code.Rex((int)reg, rm);
        code.Byte(opcode);
        code.Direct((int)reg, (int)rm);
    }

    private void WithNumber(int operation, Gpr target, int value)
    {
        code.Rex(0, target);
        var small = value is >= -128 and <= 127;
        code.Byte(small ? 0x83 : 0x81);
        code.Direct(operation, (int)target);
        if (small) code.Byte(value);
        else code.Int32(value);
    }

    private void Vector(int map, int prefix, int opcode, Zmm reg, Zmm source, Zmm rm)
    {
        code.Evex(map, prefix, reg.Number, source.Number, rm);
        code.Byte(opcode);
        code.Direct(reg.Number, rm.Number);
    }

    private void Vector(int map, int prefix, int opcode, Zmm reg, Zmm source, Mem mem, int unit, bool broadcast = false)
    {
        code.Evex(map, prefix, reg.Number, source.Number, mem, broadcast);
        code.Byte(opcode);
        code.Memory(reg.Number, mem, unit);
    }

    private void Tile(int prefix, Tmm tile, Mem rows)
    {
        code.Vex38(prefix, mem: rows);
        code.Byte(0x4B);
        code.Memory(tile.Number, rows, sib: true);
    }
}

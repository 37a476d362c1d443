using System.Buffers.Binary;

namespace Temper.Tensors.Tests;

/// <summary>Runs the bytes of the matrix kernels without a processor that has the instructions: general registers, vector registers, tiles, one flag,
/// and memory of which only what was lent may be touched. It knows what the kernels use and refuses everything else. Arithmetic on pairs is
/// <see cref="PairArithmetic"/>; where the real instructions exist, the tests hold both against each other.</summary>
internal sealed unsafe class MachineInterpreter
{
    private const int Rax = 0, Rcx = 1, Rdx = 2, Rsp = 4, Rsi = 6, Rdi = 7;
    private readonly long[] general = new long[16];
    private readonly uint[][] vectors = [.. Enumerable.Range(0, 32).Select(_ => new uint[16])];
    private readonly byte[][] tiles = [.. Enumerable.Range(0, 8).Select(_ => new byte[1024])];
    private readonly List<(nint Start, long Length)> lent = [];
    private byte[] code = [];
    private int at;
    private bool zero;

    /// <summary>Whether tiles are configured: between ldtilecfg and tilerelease.</summary>
    public bool HasTiles { get; private set; }

    public void Lend(void* start, long length) => lent.Add(((nint)start, length));

    public void TakeBack() => lent.Clear();

    /// <summary>Calls the function that begins at <paramref name="entry"/>, with its arguments in the order of the Linux convention.</summary>
    public void Call(byte[] program, int entry, params ReadOnlySpan<long> arguments)
    {
        ReadOnlySpan<int> order = [Rdi, Rsi, Rdx, Rcx, 8, 9];
        Array.Fill(general, unchecked((long)0xBAD0BAD0BAD0BAD0));
        for (var i = 0; i < arguments.Length; i++) general[order[i]] = arguments[i];
        (code, at) = (program, entry);
        foreach (var register in vectors) Array.Fill(register, 0x7FC0DEADu);
        while (Step())
        {
        }
    }

    private bool Step()
    {
        var first = Next();
        if (first == 0xC3) return false;
        if (first == 0xC5) Expect(Next() == 0xF8 && Next() == 0x77, "vzeroupper");
        else if (first == 0xC4) Vex();
        else if (first == 0x62) Evex();
        else if (first == 0x75) Jump((sbyte)Next());
        else if (first == 0x0F) TwoBytes();
        else if ((first & 0xF8) == 0x48) Integer(first);
        else Refuse($"byte {first:x2}");
        return true;
    }

    private void TwoBytes()
    {
        var second = Next();
        if (second == 0x85)
        {
            Jump(Number());
            return;
        }

        // A prefetch changes nothing, but a kernel has no business at an address that is not its own.
        Expect(second == 0x0D, "jnz or prefetchw");
        var operand = Operand(0, 0, 0, 1);
        Expect(!operand.Direct && operand.Reg == 1, "prefetchw");
        Touch(operand.Address, 1);
    }

    private void Jump(int distance)
    {
        if (!zero) at += distance;
    }

    private void Integer(int rex)
    {
        var opcode = Next();
        var operand = Operand(rex >> 2 & 1, rex >> 1 & 1, rex & 1, 1);
        if (opcode == 0x8D) general[operand.Reg] = operand.Address;
        else if (opcode is 0x89 or 0x01)
        {
            Expect(operand.Direct, "register operands");
            if (opcode == 0x89) general[operand.Rm] = general[operand.Reg];
            else Set(operand.Rm, general[operand.Rm] + general[operand.Reg]);
        }
        else if (opcode == 0xC7) general[operand.Rm] = Number();
        else if (opcode is 0x83 or 0x81)
        {
            var value = opcode == 0x83 ? (sbyte)Next() : Number();
            Expect(operand.Direct && (operand.Reg & 7) is 0 or 5, "add or sub");
            Set(operand.Rm, general[operand.Rm] + ((operand.Reg & 7) == 0 ? value : -value));
        }
        else Refuse($"opcode {opcode:x2}");
    }

    private void Set(int register, long value)
    {
        general[register] = value;
        zero = value == 0;
    }

    private void Vex()
    {
        var (p0, p1) = (Next(), Next());
        Expect((p0 & 0x9F) == 0x82 && (p1 & 0x84) == 0, "128-bit VEX of map 0F38, W0, low tile numbers");
        var opcode = Next();
        var operand = Operand(0, ~p0 >> 6 & 1, ~p0 >> 5 & 1, 1);
        var (prefix, source) = (p1 & 3, ~p1 >> 3 & 15);
        if (opcode == 0x49 && prefix == 0) Configure(operand);
        else
        {
            Expect(HasTiles, "tiles before they are used");
            if (opcode == 0x49 && prefix == 3) Array.Clear(tiles[operand.Reg]);
            else if (opcode == 0x4B && prefix is 2 or 3) Move(operand, store: prefix == 2);
            else if (opcode == 0x5C && prefix == 2) Multiply(tiles[operand.Reg], tiles[operand.Rm], tiles[source]);
            else Refuse($"VEX opcode {opcode:x2}");
        }
    }

    private void Configure(Place operand)
    {
        HasTiles = !operand.Direct;
        if (operand.Direct) return;
        var bytes = new ReadOnlySpan<byte>(Touch(operand.Address, 64), 64);
        Expect(bytes.SequenceEqual(AmxBf16Kernel.Configuration()), "eight tiles of 16 rows of 64 bytes");
        foreach (var tile in tiles) Array.Clear(tile);
    }

    private void Move(Place operand, bool store)
    {
        Expect(operand.HasSib, "a SIB byte");
        for (var row = 0; row < 16; row++)
        {
            var memory = new Span<byte>(Touch(operand.Address - operand.Index + row * operand.Index, 64), 64);
            var part = tiles[operand.Reg].AsSpan(row * 64, 64);
            if (store) part.CopyTo(memory);
            else memory.CopyTo(part);
        }
    }

    private static void Multiply(byte[] sums, byte[] left, byte[] right)
    {
        Span<ushort> a = stackalloc ushort[32], b = stackalloc ushort[32];
        for (var row = 0; row < 16; row++)
        {
            for (var column = 0; column < 16; column++)
            {
                for (var k = 0; k < 32; k++)
                {
                    a[k] = BinaryPrimitives.ReadUInt16LittleEndian(left.AsSpan(row * 64 + k * 2));
                    b[k] = BinaryPrimitives.ReadUInt16LittleEndian(right.AsSpan(k / 2 * 64 + column * 4 + k % 2 * 2));
                }

                var sum = sums.AsSpan(row * 64 + column * 4, 4);
                BinaryPrimitives.WriteSingleLittleEndian(sum, PairArithmetic.Amx(BinaryPrimitives.ReadSingleLittleEndian(sum), a, b));
            }
        }
    }

    private void Evex()
    {
        var (p0, p1, p2) = (Next(), Next(), Next());
        Expect((p1 & 0x84) == 4 && (p2 & 0xE7) == 0x40, "an unmasked 512-bit EVEX instruction, W0");
        var opcode = (p0 & 7) << 8 | Next();
        var unit = (p2 & 0x10) != 0 || opcode == 0x218 ? 4 : 64;
        var operand = Operand((~p0 >> 7 & 1) | (~p0 >> 4 & 1) << 1, ~p0 >> 6 & 1, ~p0 >> 5 & 1, unit);
        var register = vectors[operand.Reg];
        var (second, third) = (vectors[(~p1 >> 3 & 15) | (~p2 << 1 & 16)], operand.Direct ? vectors[operand.Rm | (~p0 >> 2 & 16)] : null);
        switch (opcode, p1 & 3)
        {
            case (0x110, 0): Read(operand).CopyTo(register); break;
            case (0x111, 0): register.CopyTo(Read(operand)); break;
            case (0x1EF, 1) when third is not null: Each(register, i => second[i] ^ third[i]); break;
            case (0x218, 1): Array.Fill(register, *(uint*)Touch(operand.Address, 4)); break;
            case (0x252, 2) when third is not null: Each(register, i => Pair(register[i], second[i], third[i])); break;
            default: Refuse($"EVEX opcode {opcode:x3}"); break;
        }
    }

    private static void Each(uint[] target, Func<int, uint> value)
    {
        for (var i = 0; i < 16; i++) target[i] = value(i);
    }

    private static uint Pair(uint sum, uint left, uint right) => BitConverter.SingleToUInt32Bits(
        PairArithmetic.Avx512(BitConverter.UInt32BitsToSingle(sum), [(ushort)left, (ushort)(left >> 16)], [(ushort)right, (ushort)(right >> 16)]));

    private Span<uint> Read(Place operand) => new(Touch(operand.Address, 64), 16);

    private readonly record struct Place(int Reg, int Rm, bool Direct, long Address, long Index, bool HasSib);

    /// <summary>ModRM and what follows it.</summary>
    private Place Operand(int r, int x, int b, int unit)
    {
        var modRm = Next();
        var (mode, reg, rm) = (modRm >> 6, modRm >> 3 & 7 | r << 3, modRm & 7);
        if (mode == 3) return new(reg, rm | b << 3, true, 0, 0, false);
        var (start, index) = (rm | b << 3, 0L);
        if (rm == 4)
        {
            var sib = Next();
            var number = sib >> 3 & 7 | x << 3;
            index = number == Rsp ? 0 : general[number] << (sib >> 6);
            start = sib & 7 | b << 3;
        }

        Expect(mode != 0 || (start & 7) != 5, "an address with a base");
        var displacement = mode switch { 0 => 0, 1 => (sbyte)Next() * unit, _ => Number() };
        return new(reg, 0, false, general[start] + index + displacement, index, rm == 4);
    }

    private byte* Touch(long address, int length)
    {
        foreach (var (start, size) in lent)
            if (address >= start && address + length <= start + size) return (byte*)address;
        throw new InvalidOperationException($"{length} bytes at {address:x} were not lent");
    }

    private int Next() => code[at++];

    private int Number()
    {
        at += 4;
        return BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at - 4));
    }

    private void Expect(bool holds, string what)
    {
        if (!holds) Refuse($"not {what}");
    }

    private void Refuse(string what) => throw new InvalidOperationException($"{what}, before byte {at} of the code");
}

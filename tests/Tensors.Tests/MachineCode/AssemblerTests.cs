using System.Globalization;
using Temper.Testing;

namespace Temper.Tensors.Tests;

/// <summary>The assembler against GNU as: instructions.txt, made from instructions.s by instructions.sh.</summary>
public sealed class AssemblerTests
{
    private static readonly string[][] Table = [.. File.ReadLines(RepoRoot.Of("tests", "Tensors.Tests", "MachineCode", "instructions.txt"))
        .Where(line => line[0] != '#').Select(line => line.Split(' ', 2))];

    public static IEnumerable<object[]> Instructions => Table;

    [Theory]
    [MemberData(nameof(Instructions))]
    public void An_instruction_has_the_bytes_that_the_GNU_assembler_gives_it(string bytes, string line)
    {
        var code = new Assembler();
        var parts = line.Split(' ', 2);
        Write(code, parts[0], parts.Length == 1 ? [] : [.. parts[1].Split(", ").Select(Operand)]);
        Assert.Equal(bytes, Convert.ToHexStringLower(code.ToArray()));
    }

    [Fact]
    public void Every_instruction_of_the_assembler_is_in_the_table()
    {
        var own = typeof(Assembler).GetMethods().Where(m => m.DeclaringType == typeof(Assembler) && m.ReturnType == typeof(void)).Select(m => m.Name.Replace("Broadcast", "", StringComparison.Ordinal));
        Assert.Equal(own.Distinct().Order().Where(name => name != nameof(Assembler.Jnz)), Table.Select(row => Name(row[1].Split(' ')[0])).Distinct().Order());
    }

    [Fact]
    public void A_jump_back_takes_one_byte_of_distance_where_it_reaches_and_else_four()
    {
        var code = new Assembler();
        var start = code.Here;
        while (code.Here < 126) code.Ret();
        code.Jnz(start);
        Assert.Equal([0x75, 0x80], code.ToArray()[126..]);
        code.Jnz(start);
        Assert.Equal([0x0F, 0x85, 0x7A, 0xFF, 0xFF, 0xFF], code.ToArray()[128..]);
    }

    private static string Name(string mnemonic) => char.ToUpperInvariant(mnemonic[0]) + mnemonic[1..];

    private static void Write(Assembler code, string mnemonic, object[] operands)
    {
        var name = Name(mnemonic);
        if (operands is [.., Mem] && mnemonic == "vdpbf16ps") name += "Broadcast";
        var method = typeof(Assembler).GetMethod(name, [.. operands.Select(o => o.GetType())]);
        Assert.NotNull(method);
        method.Invoke(code, operands);
    }

    private static object Operand(string text)
    {
        if (text.StartsWith("DWORD PTR ", StringComparison.Ordinal)) text = text["DWORD PTR ".Length..].Replace("{1to16}", "", StringComparison.Ordinal);
        if (text[0] == '[') return Address(text[1..^1]);
        if (text.StartsWith("zmm", StringComparison.Ordinal)) return new Zmm(int.Parse(text[3..], CultureInfo.InvariantCulture));
        if (text.StartsWith("tmm", StringComparison.Ordinal)) return new Tmm(int.Parse(text[3..], CultureInfo.InvariantCulture));
        return int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : Enum.Parse<Gpr>(text, ignoreCase: true);
    }

    private static Mem Address(string text)
    {
        var mem = default(Mem);
        var first = true;
        foreach (var part in text.Replace("-", "+-", StringComparison.Ordinal).Split('+'))
        {
            var scaled = part.Split('*');
            if (int.TryParse(part, CultureInfo.InvariantCulture, out var number)) mem = mem with { Displacement = number };
            else if (first) mem = new Mem(Enum.Parse<Gpr>(part, ignoreCase: true));
            else mem = mem with { Index = Enum.Parse<Gpr>(scaled[0], ignoreCase: true), Scale = scaled.Length > 1 ? int.Parse(scaled[1], CultureInfo.InvariantCulture) : 1 };
            first = false;
        }

        return mem;
    }
}

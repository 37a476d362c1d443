namespace Temper.Tensors.Tests;

/// <summary>A matrix unit whose kernels run in <see cref="MachineInterpreter"/>: on any machine, slowly, with every access to memory checked.</summary>
internal sealed unsafe class InterpretedUnit(MatrixUnitKind kind) : MatrixUnit(kind)
{
    private readonly (byte[] Code, int[] Starts) program = Assemble(kind);

    [ThreadStatic]
    private static MachineInterpreter? own;

    /// <summary>Registers belong to a thread.</summary>
    private static MachineInterpreter Machine => own ??= new MachineInterpreter();

    public override void Enter()
    {
        if (Kind != MatrixUnitKind.Amx) return;
        fixed (byte* configuration = AmxBf16Kernel.Configuration())
        {
            Machine.Lend(configuration, 64);
            Machine.Call(program.Code, program.Starts[0], (long)configuration);
            Machine.TakeBack();
        }
    }

    public override void Leave()
    {
        if (Kind != MatrixUnitKind.Amx) return;
        Machine.Call(program.Code, program.Starts[1]);
        Assert.False(Machine.HasTiles);
    }

    public override void Tile(int rows, bool accumulate, ushort* a, ushort* b, float* c, long aStep, long cStep, long blocks)
    {
        var at = Machine;
        at.TakeBack();
        for (var row = 0; row < rows; row++)
        {
            at.Lend((byte*)a + row * aStep, blocks * 64);
            at.Lend((byte*)c + row * cStep, 128);
        }

        at.Lend(b, blocks * 16 * 128);
        at.Call(program.Code, program.Starts[Entry(rows, accumulate)], (long)a, (long)b, (long)c, aStep, cStep, blocks);
    }

    /// <summary>Both kinds interpreted, and those that this machine has.</summary>
    public static IEnumerable<MatrixUnit> AndReal()
    {
        foreach (var kind in Enum.GetValues<MatrixUnitKind>())
        {
            yield return new InterpretedUnit(kind);
            if (ProcessorUnit.Of(kind, out var refusal) is { } real) yield return real;
            else Assert.NotEmpty(refusal);
        }
    }
}

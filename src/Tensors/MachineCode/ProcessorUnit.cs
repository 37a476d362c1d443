using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>The unit of this machine's own processor: kernels in executable memory, checked against <see cref="PairArithmetic"/> before anyone else
/// may use them. Made once and kept for the life of the process.</summary>
internal sealed unsafe class ProcessorUnit : MatrixUnit
{
    private static readonly Lazy<(MatrixUnit? Unit, string Refusal)> Found = new(Find);
    private readonly ExecutableMemory memory;
    private readonly int[] starts;
    private readonly byte* configuration;

    private ProcessorUnit(MatrixUnitKind kind, ExecutableMemory memory, int[] starts) : base(kind)
    {
        (this.memory, this.starts) = (memory, starts);
        if (kind != MatrixUnitKind.Amx) return;
        configuration = (byte*)NativeMemory.AlignedAlloc(64, 64);
        AmxBf16Kernel.Configuration().CopyTo(new Span<byte>(configuration, 64));
    }

    /// <summary>The best unit of this machine; null: none, and <see cref="Refusal"/> says why.</summary>
    public static MatrixUnit? Best => Found.Value.Unit;

    /// <summary>Why units better than <see cref="Best"/> are not used; empty when there is none better.</summary>
    public static string Refusal => Found.Value.Refusal;

    /// <summary>The unit of that kind, or null and what is missing.</summary>
    public static MatrixUnit? Of(MatrixUnitKind kind, out string refusal)
    {
        var missing = kind == MatrixUnitKind.Amx ? ProcessorFeatures.MissingForAmxBf16() : ProcessorFeatures.MissingForAvx512Bf16();
        if (missing is not null)
        {
            refusal = missing;
            return null;
        }

        var (code, starts) = Assemble(kind);
        if (ExecutableMemory.Of(code, out refusal) is not { } memory) return null;
        var unit = new ProcessorUnit(kind, memory, starts);
        if (MatrixUnitCheck.Passes(unit)) return unit;
        refusal = $"this processor's {kind} instructions do not compute what their manual says";
        unit.Free();
        return null;
    }

    public override void Enter()
    {
        if (Kind == MatrixUnitKind.Amx) ((delegate* unmanaged[SuppressGCTransition]<byte*, void>)At(0))(configuration);
    }

    public override void Leave()
    {
        if (Kind == MatrixUnitKind.Amx) ((delegate* unmanaged[SuppressGCTransition]<void>)At(1))();
    }

    // A call lasts a few microseconds at most, so the garbage collector can wait for it instead of being told.
    public override void Tile(int rows, bool accumulate, ushort* a, ushort* b, float* c, long aStep, long cStep, long blocks) =>
        ((delegate* unmanaged[SuppressGCTransition]<ushort*, ushort*, float*, long, long, long, void>)At(Entry(rows, accumulate)))(a, b, c, aStep, cStep, blocks);

    private byte* At(int function) => memory.Start + starts[function];

    private void Free()
    {
        memory.Dispose();
        NativeMemory.AlignedFree(configuration);
    }

    private static (MatrixUnit?, string) Find()
    {
        if (Of(MatrixUnitKind.Amx, out var noAmx) is { } amx) return (amx, "");
        var avx512 = Of(MatrixUnitKind.Avx512, out var noAvx512);
        return (avx512, avx512 is not null || noAmx == noAvx512 ? noAmx : $"{noAmx}; {noAvx512}");
    }
}

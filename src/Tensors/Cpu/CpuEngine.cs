using System.Runtime.Intrinsics;

namespace Temper.Tensors;

/// <summary>Vector registers the CPU engine may use. Every choice gives the same bits.</summary>
public enum VectorWidth
{
    /// <summary>The widest the processor has.</summary>
    Widest,

    /// <summary>At most 256 bits.</summary>
    Bits256,

    /// <summary>No vector registers.</summary>
    Scalar,
}

/// <summary>How the CPU engine multiplies by weights frozen as <see cref="FrozenForm.BF16"/>. All else is f32 in either case.</summary>
public enum MatrixPath
{
    /// <summary>In f32, with the numbers that the weight holds.</summary>
    Exact,

    /// <summary>On the processor's bf16 matrix instructions where it has them: the other factor is rounded to bf16 as well, sums are f32. Elsewhere
    /// as <see cref="Exact"/>.</summary>
    Bf16,
}

/// <summary>What <see cref="MatrixPath.Bf16"/> means on this machine.</summary>
/// <param name="NumericsId">Its arithmetic: <see cref="CpuEngine.NumericsId"/> where there are no such instructions.</param>
/// <param name="Missing">Why faster instructions are not used, in a few words; empty when there are none faster.</param>
public sealed record MatrixSupport(string NumericsId, string Missing);

/// <summary>Makes the engines that run on the processor: in managed code, but for the matrix kernels of <see cref="MatrixPath.Bf16"/>.</summary>
public static class CpuEngine
{
    /// <summary>Arithmetic of the f32 engine; it changes whenever any result's bits do.</summary>
    public const string NumericsId = "cpu-f32-v1";

    /// <summary>What this machine has for <see cref="MatrixPath.Bf16"/>. The first call makes and checks the kernels, a matter of milliseconds.</summary>
    public static MatrixSupport Bf16Support => new(ProcessorUnit.Best?.NumericsId ?? NumericsId, ProcessorUnit.Refusal);

    /// <summary>The f32 engine. <paramref name="threads"/> 0 takes every processor. A <paramref name="clock"/> tells where the time goes.</summary>
    public static IEngine Create(int threads = 0, VectorWidth vectors = VectorWidth.Widest, OperationClock? clock = null, MatrixPath matrix = MatrixPath.Exact)
    {
        var unit = matrix == MatrixPath.Bf16 ? ProcessorUnit.Best : null;
        var numerics = unit?.NumericsId ?? NumericsId;
        if (vectors == VectorWidth.Widest && Vector512.IsHardwareAccelerated) return new Engine<float, Wide>(threads, numerics, clock, unit);
        return vectors == VectorWidth.Scalar ? new Engine<float, Scalar>(threads, numerics, clock, unit) : new Engine<float, Narrow>(threads, numerics, clock, unit);
    }

    /// <summary>The same operations in f64, for gradient checks and references. Slow.</summary>
    public static IEngine CreateDouble(int threads = 1) => new Engine<double, Doubles>(threads, "cpu-f64-v1");
}

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

/// <summary>Makes the engines that run on the processor, in managed code alone.</summary>
public static class CpuEngine
{
    /// <summary>Arithmetic of the f32 engine; it changes whenever any result's bits do.</summary>
    public const string NumericsId = "cpu-f32-v1";

    /// <summary>The f32 engine. <paramref name="threads"/> 0 takes every processor. A <paramref name="clock"/> tells where the time goes.</summary>
    public static IEngine Create(int threads = 0, VectorWidth vectors = VectorWidth.Widest, OperationClock? clock = null)
    {
        if (vectors == VectorWidth.Widest && Vector512.IsHardwareAccelerated) return new Engine<float, Wide>(threads, NumericsId, clock);
        return vectors == VectorWidth.Scalar ? new Engine<float, Scalar>(threads, NumericsId, clock) : new Engine<float, Narrow>(threads, NumericsId, clock);
    }

    /// <summary>The same operations in f64, for gradient checks and references. Slow.</summary>
    public static IEngine CreateDouble(int threads = 1) => new Engine<double, Doubles>(threads, "cpu-f64-v1");
}

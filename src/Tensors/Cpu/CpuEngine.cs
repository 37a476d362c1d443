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
    /// <summary>The f32 engine. <paramref name="threads"/> 0 takes every processor.</summary>
    public static IEngine Create(int threads = 0, VectorWidth vectors = VectorWidth.Widest) =>
        throw new NotSupportedException($"the cpu engine is not built yet ({threads}, {vectors})");

    /// <summary>The same operations in f64, for gradient checks and references. Slow.</summary>
    public static IEngine CreateDouble(int threads = 1) => throw new NotSupportedException($"the f64 engine is not built yet ({threads})");
}

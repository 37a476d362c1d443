namespace Temper.Tensors;

/// <summary>What an engine is. <paramref name="Compute"/> is the type of activations, gradients and optimizer state.
/// <paramref name="NumericsId"/> names the exact arithmetic: two engines with the same id give the same bits, whatever
/// their thread count or vector width. <paramref name="Deterministic"/>: the same calls always give the same bits.</summary>
public sealed record EngineInfo(string Name, string Device, DType Compute, string NumericsId, int Threads, bool Deterministic)
{
    /// <summary>Why products with frozen weights stay exact although <see cref="MatrixPath.Bf16"/> was chosen, in a few words; null where they do not.</summary>
    public string? WhyExact { get; init; }
}

/// <summary>Bytes held by an engine: in live tensors, waiting for reuse, and the highest live figure so far.</summary>
public readonly record struct MemoryUse(long LiveBytes, long PooledBytes, long PeakBytes);

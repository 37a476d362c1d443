namespace Temper.Tensors;

/// <summary>Names one independent random sequence: (seed, stream) is the generator, (update, micro-batch, site) the place
/// where numbers are drawn. The numbers are a pure function of the key and an element index; nothing is consumed.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Stream">What the numbers are for (shuffle, dropout, init, …), below 4096.</param>
/// <param name="Update">Optimizer update, epoch or request: any counter.</param>
/// <param name="MicroBatch">Micro-batch inside the update, below 2²⁰.</param>
/// <param name="Site">Layer or place in the model.</param>
public readonly record struct RandomKey(ulong Seed, uint Stream, uint Update = 0, uint MicroBatch = 0, uint Site = 0)
{
    /// <summary>The same key at another site.</summary>
    public RandomKey At(uint site) => this with { Site = site };
}

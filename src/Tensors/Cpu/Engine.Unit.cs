namespace Temper.Tensors;

/// <summary>Products with weights frozen as BF16 on a matrix unit (docs/machine-code.md): the other factor is rounded to bf16, sums are f32.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    /// <summary>C = A·Wᵀ, or A·W <paramref name="across"/>, on all threads. Tasks are groups of rows by ranges of panels; those that share panels
    /// follow each other, so that the panels come from memory once.</summary>
    private void MultiplyOnUnit(float* a, FrozenPanels weight, bool across, float* c, int m, bool accumulate)
    {
        if (across) weight.Across ??= PackedAcross(weight);
        var (n, k) = across ? (weight.Inputs, weight.Outputs) : (weight.Outputs, weight.Inputs);
        var packed = (ushort*)(across ? weight.Across! : weight.Storage).Pointer;
        var (panels, threads) = ((n + Panel - 1) / Panel, workers.Threads);
        var high = m <= TileProduct.RowGroup ? 1 : (m + TileProduct.RowGroup * threads - 1) / (TileProduct.RowGroup * threads) * threads;
        // A range rounds its rows of A anew, so it has panels enough to make that small, unless threads would have nothing to do.
        var wide = Math.Clamp((threads * 4 + high - 1) / high, 1, Math.Max(high < threads ? Math.Min(threads, panels) : 1, panels / 8));
        workers.Run(high * wide, new OnUnit(unit!, scratch, a, packed, c, m, n, k, high, wide, accumulate));
    }

    private Storage PackedAcross(FrozenPanels weight)
    {
        var packed = pool.Rent(TileProduct.PackedCount(weight.Outputs, weight.Inputs) * sizeof(ushort));
        workers.Run((weight.Inputs + Panel - 1) / Panel, new TurnedPanels(weight, (ushort*)packed.Pointer));
        return packed;
    }

    private readonly struct OnUnit(MatrixUnit unit, Scratch[] scratch, float* a, ushort* packed, float* c, int m, int n, int k, int high, int wide, bool accumulate) : IWork
    {
        public void Run(int item, int worker)
        {
            var (group, range, panels) = ((long)item % high, (long)item / high, (n + Panel - 1) / Panel);
            TileProduct.Compute(
                unit, a, k, packed, c, n, k, n, (int)(m * group / high), (int)(m * (group + 1) / high), (int)(panels * range / wide), (int)(panels * (range + 1) / wide), accumulate, scratch[worker]);
        }
    }

    private readonly struct TurnedPanels(FrozenPanels weight, ushort* packed) : IWork
    {
        public void Run(int item, int worker) => PairPacking.Turned((ushort*)weight.Storage.Pointer, weight.Inputs, weight.Outputs, item, packed);
    }
}

namespace Temper.Tensors;

/// <summary>One worker's temporary memory, kept between calls: a few named blocks that only grow.</summary>
internal sealed unsafe class Scratch(BufferPool pool)
{
    private readonly Storage?[] blocks = new Storage?[9];

    /// <summary>At least this many elements, with undefined content. The same slot again gives the same memory.</summary>
    public T* Take<T>(ScratchSlot slot, long count) where T : unmanaged
    {
        ref var block = ref blocks[(int)slot];
        if (block is null || block.Size < count * sizeof(T))
        {
            block?.Release();
            block = pool.Rent(count * sizeof(T));
        }

        return (T*)block.Pointer;
    }

    /// <summary>Gives every worker blocks as large as the largest that any of them has: who takes which item is left to chance, and what a step needs
    /// must not depend on it.</summary>
    public static void Level(Scratch[] all)
    {
        if (all.Length == 1) return;
        for (var slot = 0; slot < all[0].blocks.Length; slot++)
        {
            var largest = 0L;
            foreach (var scratch in all) largest = Math.Max(largest, scratch.blocks[slot]?.Size ?? 0);
            if (largest == 0) continue;
            foreach (var scratch in all) scratch.Take<byte>((ScratchSlot)slot, largest);
        }
    }
}

/// <summary>What a scratch block is for.</summary>
internal enum ScratchSlot
{
    TileOfA,
    TileOfC,
    PanelsOfB,
    Keys,
    KeyRows,
    Values,
    Scores,
    Slopes,
    Widened,
}

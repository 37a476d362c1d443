namespace Temper.Tensors;

/// <summary>One worker's temporary memory, kept between calls: a few named blocks that only grow.</summary>
internal sealed unsafe class Scratch(BufferPool pool)
{
    private readonly Storage?[] blocks = new Storage?[9];
    private readonly long[] sizes = new long[9];

    /// <summary>At least this many elements, with undefined content. The same slot again gives the same memory.</summary>
    public T* Take<T>(ScratchSlot slot, long count) where T : unmanaged
    {
        var bytes = count * sizeof(T);
        var i = (int)slot;
        if (blocks[i] is null || sizes[i] < bytes)
        {
            blocks[i]?.Release();
            blocks[i] = pool.Rent(bytes);
            sizes[i] = bytes;
        }

        return (T*)blocks[i]!.Pointer;
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

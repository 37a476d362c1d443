namespace Temper.Versioning.Chunks;

/// <summary>A way of cutting a file, in one pass from its beginning.</summary>
internal abstract class Cutter
{
    /// <summary>Name and version, kept with the recipe: what it cuts is never cut otherwise.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Length of the next chunk, at most <see cref="Chunking.WholeSize"/>, given what follows in the file: at least so many bytes, or all up to its end.
    /// </summary>
    public abstract int Next(ReadOnlySpan<byte> window);
}

/// <summary>Cuts along the tensors of a safetensors file.</summary>
internal sealed class TensorCutter(TensorLayout layout) : Cutter
{
    private int _next;

    /// <inheritdoc/>
    public override string Name => TensorLayout.Chunker;

    /// <inheritdoc/>
    // A file that goes on behind what its header covers was changed while it was read.
    public override int Next(ReadOnlySpan<byte> window) =>
        Math.Min(_next < layout.Lengths.Count ? layout.Lengths[_next++] : Chunking.WholeSize, window.Length);
}

using System.Buffers.Binary;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Chunks;

namespace Temper.Versioning.Content;

/// <summary>Which chunk of an earlier version of a model each chunk of the new one may be kept as a difference from: that at the same place of the
/// tensor of the same name, type and shape.</summary>
internal sealed class DifferenceBases
{
    private readonly TensorLayout _layout;
    private readonly TensorLayout _earlier;
    private readonly Recipe _recipe;

    private DifferenceBases(TensorLayout layout, TensorLayout earlier, Recipe recipe) => (_layout, _earlier, _recipe) = (layout, earlier, recipe);

    /// <summary>Null when the earlier version is not here or is not cut along its tensors: the new one is kept whole, then.</summary>
    public static DifferenceBases? Find(PackFolder store, Digest earlier, TensorLayout layout)
    {
        try
        {
            if (store.FindRecipe(earlier) is not { Chunker: TensorLayout.Chunker } recipe)
                return null;
            using var content = new PackFileStream(store, recipe, 0, recipe.Size);
            Span<byte> length = stackalloc byte[8];
            content.ReadExactly(length);
            var header = new byte[8 + Math.Min(BinaryPrimitives.ReadInt64LittleEndian(length), SafetensorsHeader.MaximumBytes)];
            length.CopyTo(header);
            content.ReadExactly(header.AsSpan(8));
            var found = TensorLayout.Parse(header, recipe.Size);
            return found is not null && found.Lengths.SequenceEqual(recipe.Chunks.Select(c => c.Length)) ? new(layout, found, recipe) : null;
        }
        catch (Exception error) when (error is TemperException { Code: "object_missing" or "object_corrupt" } or EndOfStreamException)
        {
            // What is wrong with the earlier version is told to whoever reads it; the new one needs nothing of it.
            return null;
        }
    }

    /// <summary>The base of a chunk and the bytes of one number; null when it has none.</summary>
    public (Digest Base, int Width)? Of(int chunk)
    {
        if (_layout.TensorOf(chunk) is not { } tensor || _earlier.Find(tensor.Name) is not var (before, first)
            || before.Type != tensor.Type || !before.Shape.SequenceEqual(tensor.Shape))
            return null;
        return (_recipe.Chunks[first + chunk - _layout.Find(tensor.Name)!.Value.First].Id, tensor.Type.Bytes());
    }
}

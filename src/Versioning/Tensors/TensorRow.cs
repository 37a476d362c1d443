using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>One tensor of a stored file.</summary>
/// <param name="Name">Key in the header. Any text: it is never used as a path.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record TensorRow(string Name, StoredType Type, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>
    /// The chunks that are this tensor and nothing else; null where it shares its first or last chunk with neighbours, as small tensors do.
    /// </summary>
    public IReadOnlyList<FileChunk>? Chunks { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => Length / Type.Bytes();

    /// <summary>
    /// SHA-256 over the ids of its chunks, 32 bytes each, where it has chunks of its own; null otherwise. Equal content cut the same way has the same
    /// digest; content that is cut another way does not.
    /// </summary>
    public Digest? ChunkDigest
    {
        get
        {
            if (Chunks is null)
                return null;
            var ids = new byte[32 * Chunks.Count];
            for (var i = 0; i < Chunks.Count; i++)
                Chunks[i].Id.CopyTo(ids.AsSpan(32 * i));
            return Digest.Of(ids);
        }
    }

    /// <summary>Whether type and shape are the same.</summary>
    public bool HasFormOf(TensorRow other) => other is not null && Type == other.Type && Shape.SequenceEqual(other.Shape);
}

using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Content;

/// <summary>Where the bytes of one chunk of a file are.</summary>
/// <param name="Chunk">Its id.</param>
/// <param name="Start">Where it begins in the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Pack">The pack that holds it; null: it lies as it is in <paramref name="Blob"/>.</param>
/// <param name="Entry">Its place in the pack.</param>
/// <param name="Blob">The blob to read.</param>
internal sealed record ChunkPlace(Digest Chunk, long Start, int Length, Digest? Pack, PackEntry? Entry, BlobKey Blob)
{
    /// <summary>First byte to fetch from the blob.</summary>
    public long Offset => Entry?.Offset ?? Start;

    /// <summary>Bytes to fetch.</summary>
    public int Fetch => Entry is null ? Length : PackFormat.EntryHeaderSize + Entry.Stored;

    /// <summary>The chunk in the fetched bytes.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    public byte[] Open(byte[] fetched)
    {
        if (Entry is not null)
            return PackReader.Open(fetched, Entry, Pack!.Value);
        return ObjectIds.Of(ObjectKind.Chunk, fetched) == Chunk
            ? fetched
            : throw new TemperException("object_corrupt", $"Bytes {Start} to {Start + Length} of the blob '{Blob}' are not the chunk {Chunk}.");
    }
}

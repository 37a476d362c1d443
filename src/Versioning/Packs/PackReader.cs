using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>Reads packs as if somebody had tampered with them: sizes are checked before memory is taken, objects against their ids.</summary>
public static class PackReader
{
    /// <summary>The index of a pack, sorted by id: what a lost catalogue is rebuilt from.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<IReadOnlyList<PackEntry>> ReadIndexAsync(IBlobStore blobs, Digest pack, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var found = await blobs.FindAsync(BlobLayout.Pack(pack), ct) ?? throw Missing(pack);
        if (found.Size < PackFormat.HeaderSize + PackFormat.TrailerSize)
            throw PackFormat.Corrupt(pack, $"it has {found.Size} bytes");
        PackFormat.CheckHeader(await ReadAsync(blobs, pack, 0, PackFormat.HeaderSize, ct), pack);
        var (offset, count, digest) = PackFormat.ReadTrailer(await ReadAsync(blobs, pack, found.Size - PackFormat.TrailerSize, PackFormat.TrailerSize, ct), found.Size, pack);
        var index = await ReadAsync(blobs, pack, offset, count * PackFormat.IndexRowSize, ct);
        if (Digest.Of(index) != digest)
            throw PackFormat.Corrupt(pack, "its index does not have the digest in its trailer");
        return [.. Enumerable.Range(0, count).Select(i => PackFormat.ReadIndexRow(index.AsSpan(i * PackFormat.IndexRowSize, PackFormat.IndexRowSize), offset, pack))];
    }

    /// <summary>One object, checked against its id.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<byte[]> ReadAsync(IBlobStore blobs, Digest pack, PackEntry entry, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(entry);
        PackFormat.Check(entry, long.MaxValue, pack);
        var bytes = await ReadAsync(blobs, pack, entry.Offset, PackFormat.EntryHeaderSize + entry.Stored, ct);
        return Open(bytes, entry, pack);
    }

    /// <summary>The object in an entry's bytes, its header among them.</summary>
    internal static byte[] Open(byte[] bytes, PackEntry entry, Digest pack)
    {
        if (!PackFormat.Matches(bytes, entry.Row))
            throw PackFormat.Corrupt(pack, $"at byte {entry.Offset} is not the object {entry.Id}");
        var body = PackForms.Decode(entry.Form, bytes[PackFormat.EntryHeaderSize..], entry.Size);
        return body is not null && ObjectIds.Of(entry.Kind, body) == entry.Id
            ? body
            : throw new TemperException("object_corrupt", $"The {ObjectIds.Word(entry.Kind)} {entry.Id} in the pack {pack} does not have the digest that names it.");
    }

    internal static TemperException Missing(Digest pack, Exception? inner = null) => new("object_missing", $"The pack {pack} is not in the blob store.", inner: inner);

    private static async Task<byte[]> ReadAsync(IBlobStore blobs, Digest pack, long offset, int length, CancellationToken ct)
    {
        var bytes = new byte[length];
        try
        {
            await using var stream = await blobs.OpenAsync(BlobLayout.Pack(pack), offset, length, null, ct);
            if (await stream.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, ct) < length)
                throw PackFormat.Corrupt(pack, $"it ends before byte {offset + length}");
            return bytes;
        }
        catch (TemperException error) when (error.Code == "blob_missing")
        {
            throw Missing(pack, error);
        }
    }
}

using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>A pack that is in the store.</summary>
/// <param name="Id">SHA-256 of all its bytes; its blob is <see cref="BlobLayout.Pack"/>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Entries">Its objects, in the order in which they were added.</param>
public sealed record StoredPack(Digest Id, long Size, IReadOnlyList<PackEntry> Entries);

/// <summary>
/// Builds one pack in a file that goes away with the process, then puts it into a blob store in one step. Format: docs/formats/packs.md. Not safe
/// from two threads at once.
/// </summary>
public sealed class PackWriter : IDisposable
{
    private readonly PackBuilder _pack;
    private readonly HashSet<Digest> _ids = [];

    /// <summary>Begins a pack in the folder <paramref name="scratch"/>.</summary>
    public PackWriter(string scratch) =>
        _pack = new(Path.Combine(scratch, Path.GetRandomFileName()), PackFormat.Version1, FileOptions.DeleteOnClose | FileOptions.Asynchronous);

    /// <summary>Bytes so far.</summary>
    public long Size => _pack.Size;

    /// <summary>Objects so far.</summary>
    public int Count => _pack.Count;

    /// <summary>Whether the pack has the object already.</summary>
    public bool Contains(Digest id) => _ids.Contains(id);

    /// <summary>Adds an object unless the pack has it; its id must be that of <paramref name="body"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A chunk over 4 MiB, another object over 64 MiB.</exception>
    public void Add(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body)
    {
        if (_ids.Add(id))
            _pack.Add(kind, id, body.Length, PackForms.Encode(kind, body));
    }

    /// <summary>Writes the index and puts the pack into <paramref name="blobs"/>; it is durable on return. Call once.</summary>
    public Task<StoredPack> StoreAsync(IBlobStore blobs, CancellationToken ct) => StoreAsync(blobs, (_, _) => Task.CompletedTask, ct);

    internal async Task<StoredPack> StoreAsync(IBlobStore blobs, Func<Digest, CancellationToken, Task> claim, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var id = _pack.Finish();
        await claim(id, ct);
        _pack.File.Position = 0;
        // Taken already means the same bytes: the name is their digest.
        await blobs.CreateAsync(BlobLayout.Pack(id), _pack.File, ct);
        return new(id, _pack.Size, [.. _pack.Entries]);
    }

    /// <inheritdoc/>
    public void Dispose() => _pack.Dispose();
}

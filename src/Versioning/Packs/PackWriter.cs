using System.Security.Cryptography;
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
/// Builds one pack in a file that goes away with the process, then puts it into the store in one step. Format: docs/formats/packs.md. Not safe from
/// two threads at once.
/// </summary>
public sealed class PackWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<Digest, PackEntry> _entries = [];
    private long _size;

    /// <summary>Begins a pack in the folder <paramref name="scratch"/>.</summary>
    public PackWriter(string scratch)
    {
        _file = new FileStream(Path.Combine(scratch, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        Write(PackFormat.Header());
    }

    /// <summary>Bytes so far.</summary>
    public long Size => _size;

    /// <summary>Objects so far.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether the pack has the object already.</summary>
    public bool Contains(Digest id) => _entries.ContainsKey(id);

    /// <summary>Adds an object unless the pack has it; its id must be that of <paramref name="body"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A chunk over 4 MiB, another object over 64 MiB.</exception>
    public void Add(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, kind == ObjectKind.Chunk ? PackFormat.LargestChunk : PackFormat.LargestObject, nameof(body));
        if (_entries.ContainsKey(id))
            return;
        var (form, stored) = PackForms.Encode(body);
        Span<byte> header = stackalloc byte[PackFormat.EntryHeaderSize];
        PackFormat.WriteEntryHeader(header, form, kind, stored.Length, body.Length);
        _entries.Add(id, new(id, kind, _size, stored.Length, body.Length, form));
        Write(header);
        Write(stored.Span);
    }

    /// <summary>Writes the index and puts the pack into <paramref name="blobs"/>; it is durable on return. Call once.</summary>
    public async Task<StoredPack> StoreAsync(IBlobStore blobs, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var index = PackFormat.Index(_entries.Values);
        var at = _size;
        Write(index);
        Write(PackFormat.Trailer(at, _entries.Count, Digest.Of(index)));
        var id = Digest.FromHash(_hash.GetHashAndReset());
        _file.Position = 0;
        // Taken already means the same bytes: the name is their digest.
        await blobs.CreateAsync(BlobLayout.Pack(id), _file, ct);
        return new(id, _size, [.. _entries.Values]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        _hash.AppendData(bytes);
        _size += bytes.Length;
    }
}

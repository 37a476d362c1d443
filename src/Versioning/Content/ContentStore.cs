using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Content;

/// <summary>A file that the content store knows.</summary>
/// <param name="Id">SHA-256 of its content.</param>
/// <param name="Size">Bytes.</param>
public sealed record StoredFile(Digest Id, long Size);

/// <summary>A commit as the catalogue lists it.</summary>
public sealed record CommitRow
{
    /// <summary>Its id.</summary>
    public Digest Id { get; init; }

    /// <summary>Root tree of its files.</summary>
    public Digest Tree { get; init; }

    /// <summary>Root of its metadata tree, where there is one.</summary>
    public Digest? Meta { get; init; }

    /// <summary>1 + the largest of its parents' generations; 1 without parents.</summary>
    public long Gen { get; init; }

    /// <summary>Time of the committer, milliseconds since 1970, UTC.</summary>
    public long AtMs { get; init; }
}

/// <summary>
/// Files, trees and commits by the digest of their content: bytes in packs of the blob store (or in blobs that exist anyway), places in the
/// database. Whatever is read is checked against the digest that names it: <c>object_corrupt</c>. Safe from any thread.
/// </summary>
/// <param name="blobs">Holds the packs.</param>
/// <param name="db">Holds the catalogue; <see cref="VersioningSchema"/> has been applied to it.</param>
/// <param name="clock">Stamps packs.</param>
/// <param name="scratch">An existing folder for packs that are being built; nothing in it outlives the process.</param>
public sealed class ContentStore(IBlobStore blobs, Db db, TimeProvider clock, string scratch)
{
    internal IBlobStore Blobs => blobs;
    internal Db Db => db;
    internal TimeProvider Clock => clock;
    internal string Scratch => scratch;

    /// <summary>Collects new objects; nothing is visible until the batch is stored and recorded.</summary>
    public ContentBatch NewBatch() => new(this);

    /// <summary>Null when the store does not know the file.</summary>
    public Task<StoredFile?> FindFileAsync(Digest file, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>
    /// Reads <paramref name="length"/> bytes of a file from <paramref name="offset"/> (null: to the end); each chunk is checked before its bytes
    /// are handed out. A range past the end is cut.
    /// </summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Code <c>object_missing</c>; <c>object_corrupt</c> also while reading.</exception>
    public Task<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The whole of a small file.</summary>
    public Task<byte[]> ReadFileAsync(Digest file, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Entries of one tree, in the tree's order.</summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public Task<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>All files below a tree by path, in ordinal order of the paths.</summary>
    public Task<SortedDictionary<SafePath, TreeEntry>> ListFilesAsync(Digest tree, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The file at a path below a tree; null when there is none.</summary>
    public Task<TreeEntry?> FindFileAsync(Digest tree, SafePath path, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>A commit.</summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public Task<Commit> ReadCommitAsync(Digest commit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>What the catalogue says of a commit; null when it knows none of that id.</summary>
    public Task<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}

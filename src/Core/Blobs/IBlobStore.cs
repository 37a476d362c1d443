namespace Temper.Core.Blobs;

/// <summary>What a store says of one blob.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ETag">Changes whenever the content changes; opaque.</param>
public sealed record BlobInfo(BlobKey Key, long Size, string ETag);

/// <summary>Proof that a store holds one part of an unfinished blob. The caller keeps the list: no store is asked for it.</summary>
/// <param name="Number">1 and up; parts are joined in this order.</param>
/// <param name="Token">What the store wants back at commit.</param>
/// <param name="Size">Bytes.</param>
public sealed record BlobPart(int Number, string Token, long Size);

/// <summary>
/// Durable bytes by name. Every write carries a precondition, so that retries and racing workers never overwrite silently; a write that has
/// returned survives power loss. Implementations: folder, Azure Blob, S3; one contract suite runs on each.
/// </summary>
public interface IBlobStore
{
    /// <summary>Null when no such blob exists.</summary>
    Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct);

    /// <summary>Writes a new blob whole or not at all. Null when the key is already taken: the stored bytes stay untouched.</summary>
    Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct);

    /// <summary>Replaces the version that <paramref name="expected"/> names.</summary>
    /// <exception cref="Errors.TemperException">Code <c>blob_changed</c> when the blob has another ETag or is gone.</exception>
    Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct);

    /// <summary>
    /// Opens <paramref name="length"/> bytes from <paramref name="offset"/> (null: to the end) of one version: when <paramref name="pinned"/> is given
    /// and the blob has changed, opening or reading fails rather than mixing versions. A range past the end is cut; an offset past the end reads nothing.
    /// </summary>
    /// <exception cref="Errors.TemperException">Codes <c>blob_missing</c>, <c>blob_changed</c>.</exception>
    Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct);

    /// <summary>All blobs whose key begins with <paramref name="prefix"/>, in ordinal order of their keys. Unfinished blobs are not listed.</summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct);

    /// <summary>Removes a blob; false when there was none.</summary>
    /// <exception cref="Errors.TemperException">Code <c>blob_changed</c> when <paramref name="expected"/> is given and differs.</exception>
    Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct);

    /// <summary>Begins a blob that arrives in parts; the token survives restarts of the caller and of the store.</summary>
    Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct);

    /// <summary>Stores one part durably; sending the same number again replaces it. Parts but the last have at least 5 MiB on S3.</summary>
    Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct);

    /// <summary>Joins the parts into a new blob. Null when the key is already taken.</summary>
    Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct);

    /// <summary>Drops the parts of a blob that will not be finished.</summary>
    Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct);
}

using Temper.Core.Blobs;

namespace Temper.Testing;

/// <summary>A real store behind a test's own: what is not overridden goes straight through.</summary>
/// <param name="inner">The real one.</param>
public abstract class PassingBlobStore(IBlobStore inner) : IBlobStore
{
    /// <inheritdoc/>
    public virtual Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => inner.FindAsync(key, ct);

    /// <inheritdoc/>
    public virtual Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct) => inner.CreateAsync(key, content, ct);

    /// <inheritdoc/>
    public virtual Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct) => inner.ReplaceAsync(key, content, expected, ct);

    /// <inheritdoc/>
    public virtual Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct) => inner.OpenAsync(key, offset, length, pinned, ct);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    /// <inheritdoc/>
    public virtual Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => inner.DeleteAsync(key, expected, ct);

    /// <inheritdoc/>
    public virtual Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => inner.BeginPartsAsync(key, ct);

    /// <inheritdoc/>
    public virtual Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct) => inner.StagePartAsync(key, token, number, content, ct);

    /// <inheritdoc/>
    public virtual Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct) => inner.CommitPartsAsync(key, token, parts, ct);

    /// <inheritdoc/>
    public virtual Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => inner.AbandonPartsAsync(key, token, ct);
}

using Temper.Core.Blobs;

namespace Temper.Training.Tests;

/// <summary>A real store that throws where <paramref name="fault"/> gives an error for a blob that is to be written, and <paramref name="removing"/> for one that is to be removed.</summary>
internal sealed class FailingBlobStore(IBlobStore inner, Func<BlobKey, Exception?> fault, Func<BlobKey, Exception?>? removing = null) : IBlobStore
{
    public Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct) => fault(key) is { } error ? throw error : inner.CreateAsync(key, content, ct);

    public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => inner.FindAsync(key, ct);

    public Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct) => inner.OpenAsync(key, offset, length, pinned, ct);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    public Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct) => inner.ReplaceAsync(key, content, expected, ct);

    public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => removing?.Invoke(key) is { } error ? throw error : inner.DeleteAsync(key, expected, ct);

    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => inner.BeginPartsAsync(key, ct);

    public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct) => inner.StagePartAsync(key, token, number, content, ct);

    public Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct) => inner.CommitPartsAsync(key, token, parts, ct);

    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => inner.AbandonPartsAsync(key, token, ct);
}

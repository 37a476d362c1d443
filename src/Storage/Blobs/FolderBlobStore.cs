using Temper.Core.Blobs;

namespace Temper.Storage.Blobs;

/// <summary>Blobs as files of a folder that several processes may share.</summary>
public sealed class FolderBlobStore(string root, TimeProvider clock) : IBlobStore
{
    /// <summary>The folder.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    internal TimeProvider Clock => clock;

    /// <inheritdoc/>
    public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}

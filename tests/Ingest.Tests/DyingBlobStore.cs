using Temper.Core.Blobs;

namespace Temper.Ingest.Tests;

/// <summary>Thrown where the power went out.</summary>
internal sealed class PowerCutException : Exception
{
    public PowerCutException() : base("the power went out") { }
}

/// <summary>A real store whose process dies at its n-th write: in the middle of it, or right behind it.</summary>
internal sealed class DyingBlobStore(IBlobStore inner, int writes, bool inside) : IBlobStore
{
    private int _left = writes;

    public bool Died => _left <= 0;

    public async Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct)
    {
        if (Died)
            throw new PowerCutException();
        var last = Interlocked.Decrement(ref _left) == 0;
        if (last && inside)
            throw new PowerCutException();
        var info = await inner.CreateAsync(key, content, ct);
        return last ? throw new PowerCutException() : info;
    }

    public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => inner.FindAsync(key, ct);

    public Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct) => inner.OpenAsync(key, offset, length, pinned, ct);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    public Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct) => inner.ReplaceAsync(key, content, expected, ct);

    public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => inner.DeleteAsync(key, expected, ct);

    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => inner.BeginPartsAsync(key, ct);

    public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct) => inner.StagePartAsync(key, token, number, content, ct);

    public Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct) => inner.CommitPartsAsync(key, token, parts, ct);

    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => inner.AbandonPartsAsync(key, token, ct);
}

using Temper.Core.Blobs;
using Temper.Testing;

namespace Temper.Training.Tests;

/// <summary>A real store that throws where <paramref name="fault"/> gives an error for a blob that is to be written, and <paramref name="removing"/> for one that is to be removed.</summary>
internal sealed class FailingBlobStore(IBlobStore inner, Func<BlobKey, Exception?> fault, Func<BlobKey, Exception?>? removing = null) : PassingBlobStore(inner)
{
    public override Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct) => fault(key) is { } error ? throw error : base.CreateAsync(key, content, ct);

    public override Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => removing?.Invoke(key) is { } error ? throw error : base.DeleteAsync(key, expected, ct);
}

using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Functions.Ingest;

/// <summary>One version of a blob on its way to the registry.</summary>
internal sealed class BlobUpload(RegistryClient registry, BlobClient blob, long size, ETag version)
{
    /// <summary>What goes in one request: neither a client nor an ingress waits for minutes.</summary>
    private const int Small = 8 << 20;

    /// <summary>A larger file goes in pieces, which the registry keeps: whoever tries again goes on behind them.</summary>
    public async Task<UploadReceipt> SendAsync(ResourceName dataset, string file, CancellationToken ct)
    {
        if (size <= Small)
            return await registry.Uploads.PutAsync(dataset, file, () => blob.OpenRead(Options(), ct), ct);
        await using var content = await blob.OpenReadAsync(Options(), ct);
        var session = await registry.Uploads.OpenAsync(new(UploadKind.Dataset, dataset, [new FileEntry(file, size, await Digest.OfAsync(content, ct))]), ct);
        await foreach (var _ in registry.Uploads.SendRestAsync(session, 0, content, ct))
        {
            // The last piece is all that matters here.
        }
        return await registry.Uploads.CompleteAsync(session.Id, ct);
    }

    /// <summary>A blob that is written anew meanwhile fails the read: two versions are never mixed.</summary>
    private BlobOpenReadOptions Options() => new(allowModifications: false) { BufferSize = Small, Conditions = new() { IfMatch = version } };
}

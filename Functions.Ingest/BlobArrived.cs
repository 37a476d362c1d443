using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;

namespace Temper.Functions.Ingest;

/// <summary>A blob in the container <c>uploads</c>, found by looking there now and then. Where the registry does not answer, the trigger tries again.</summary>
public sealed class BlobArrived(Arrivals arrivals)
{
    /// <summary>Takes it.</summary>
    [Function(nameof(BlobArrived))]
    public Task Run([BlobTrigger("uploads/{path}", Connection = "drop")] BlobClient blob, CancellationToken cancellationToken) => arrivals.TakeAsync(blob, cancellationToken);
}

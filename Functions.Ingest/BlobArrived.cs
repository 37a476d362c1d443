using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Functions.Ingest;

/// <summary>A file put into the container <c>uploads</c> as <c>{dataset}/{file}</c> becomes an upload. The trigger may come again: the registry finds the
/// same file and makes no second upload of it.</summary>
public sealed class BlobArrived(RegistryClient registry, ILogger<BlobArrived> log)
{
    /// <summary>Hands the file to the registry, which verifies it and makes the row of work.</summary>
    [Function(nameof(BlobArrived))]
    public async Task Run([BlobTrigger("uploads/{dataset}/{name}", Connection = "drop")] BlobClient blob, string dataset, string name, FunctionContext context)
    {
        if (!ResourceName.TryParse(dataset, out var into))
        {
            log.LogWarning("{Blob} is not taken: '{Dataset}' is not a dataset name", blob.Name, dataset);
            return;
        }
        var receipt = await registry.Uploads.PutAsync(into, name, () => blob.OpenRead(cancellationToken: context.CancellationToken), context.CancellationToken);
        log.LogInformation("{Blob} is upload {Upload} of {Dataset}", blob.Name, receipt.Upload, into);
    }
}

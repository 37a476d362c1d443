using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Functions.Ingest;

/// <summary>Makes uploads of files that somebody put into the container <c>uploads</c> as <c>{dataset}/{file}</c>. What the registry itself keeps there lies
/// one level deeper and is left alone. A file may be announced more than once: a mark on the blob says what became of it.</summary>
public sealed class Arrivals(RegistryClient registry, ILogger<Arrivals> log)
{
    /// <summary>Metadata of a blob that was taken: the upload's id. Writing the blob anew removes it.</summary>
    public const string Taken = "temper_upload";

    /// <summary>Metadata of a blob that cannot be taken: the error's code.</summary>
    public const string Refused = "temper_refused";

    /// <summary>Hands the file to the registry, which verifies it and makes the row of work.</summary>
    /// <exception cref="TemperException">The registry does not answer, or refuses this caller: the file is to be announced again.</exception>
    public async Task TakeAsync(BlobClient blob, CancellationToken ct)
    {
        if (blob.Name.Split('/') is not [var folder, var file])
            return;
        var found = (await blob.GetPropertiesAsync(cancellationToken: ct)).Value;
        if (found.Metadata.ContainsKey(Taken) || found.Metadata.ContainsKey(Refused))
            return;
        var (mark, word) = await TakeAsync(blob, folder, file, found.ETag, ct);
        found.Metadata[mark] = word;
        try
        {
            await blob.SetMetadataAsync(found.Metadata, new BlobRequestConditions { IfMatch = found.ETag }, ct);
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            // Written anew meanwhile: that is another arrival.
        }
    }

    private async Task<(string Mark, string Word)> TakeAsync(BlobClient blob, string folder, string file, ETag version, CancellationToken ct)
    {
        try
        {
            var dataset = ResourceName.Parse(folder);
            var receipt = await registry.Uploads.PutAsync(dataset, file,
                () => blob.OpenRead(new BlobOpenReadOptions(allowModifications: false) { Conditions = new() { IfMatch = version } }, ct), ct);
            log.LogInformation("{Blob} is upload {Upload} of {Dataset}", blob.Name, receipt.Upload, dataset);
            return (Taken, receipt.Upload);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Invalid)
        {
            log.LogError("{Blob} is not taken: {Code}, {Message}", blob.Name, e.Code, e.Message);
            return (Refused, e.Code);
        }
    }
}

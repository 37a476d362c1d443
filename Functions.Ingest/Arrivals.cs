using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Functions.Ingest;

/// <summary>Makes uploads of files that somebody put into the container <c>uploads</c> as <c>{dataset}/{file}</c>. What the registry itself keeps there lies
/// one level deeper and is left alone. A file may be announced more than once, and to several processes at a time: the first one claims it by a mark on
/// the blob, and another mark says what became of it.</summary>
public sealed class Arrivals(RegistryClient registry, TimeProvider clock, UnderWay underWay, ILogger<Arrivals> log)
{
    /// <summary>Metadata of a blob that was taken: the upload's id. Writing the blob anew removes it.</summary>
    public const string Taken = "temper_upload";

    /// <summary>Metadata of a blob that cannot be taken: the error's code.</summary>
    public const string Refused = "temper_refused";

    /// <summary>Metadata of a blob that somebody is taking: who. It holds for <see cref="ClaimHolds"/> from the blob's last change on.</summary>
    public const string Taking = "temper_taking";

    /// <summary>After this time a claim is that of a process that is gone. Longer than a function may run.</summary>
    public static readonly TimeSpan ClaimHolds = TimeSpan.FromMinutes(35);

    /// <summary>Younger files are left to the triggers.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(10);

    /// <summary>After this time a sweep begins no other file: the rest of the function's own limit is for the one under way.</summary>
    private static readonly TimeSpan LongestSweep = TimeSpan.FromMinutes(10);

    /// <summary>Hands the file to the registry, which verifies it and makes the row of work.</summary>
    /// <exception cref="TemperException">The registry does not answer, or refuses this caller: the file is to be announced again.</exception>
    public Task TakeAsync(BlobClient blob, CancellationToken ct) => underWay.RunAsync(stop => ClaimAsync(blob, stop), ct);

    private async Task ClaimAsync(BlobClient blob, CancellationToken ct)
    {
        if (blob.Name.Split('/') is not [var folder, var file])
            return;
        if (await FindAsync(blob, ct) is not { } found || !IsFree(found.Metadata, found.LastModified))
            return;
        var marks = found.Metadata;
        if (await MarkAsync(blob, marks, Taking, $"{Environment.MachineName}/{Environment.ProcessId}", found.ETag, ct) is not { } claimed)
            return;
        // A blob that was written anew meanwhile is another arrival; its mark is not of this one.
        if (await SendAsync(blob, folder, file, marks, new(registry, blob, found.ContentLength, claimed), claimed, ct) is not var (mark, word))
            return;
        marks.Remove(Taking);
        await MarkAsync(blob, marks, mark, word, claimed, ct);
    }

    /// <summary>Takes what no trigger has taken: announcements can be lost, and the platform tries a file five times and then no more.</summary>
    public async Task SweepAsync(BlobContainerClient uploads, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        await foreach (var name in OverdueAsync(uploads, ct))
        {
            await TryAsync(uploads.GetBlobClient(name), ct);
            if (clock.GetElapsedTime(began) > LongestSweep)
                return;
        }
    }

    private async IAsyncEnumerable<string> OverdueAsync(BlobContainerClient uploads, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var dataset in uploads.GetBlobsByHierarchyAsync(BlobTraits.None, BlobStates.None, "/", null, ct))
            if (dataset.IsPrefix)
                await foreach (var file in uploads.GetBlobsByHierarchyAsync(BlobTraits.Metadata, BlobStates.None, "/", dataset.Prefix, ct))
                    if (file.IsBlob && file.Blob.Properties.LastModified is { } written && clock.GetUtcNow() - written > Overdue && IsFree(file.Blob.Metadata, written))
                        yield return file.Blob.Name;
    }

    private async Task TryAsync(BlobClient blob, CancellationToken ct)
    {
        try
        {
            await TakeAsync(blob, ct);
        }
        catch (Exception e) when (e is TemperException or RequestFailedException)
        {
            log.LogWarning(e, "{Blob} waits for the next sweep", blob.Name);
        }
    }

    private bool IsFree(IDictionary<string, string> marks, DateTimeOffset written) =>
        !marks.ContainsKey(Taken) && !marks.ContainsKey(Refused) && (!marks.ContainsKey(Taking) || clock.GetUtcNow() - written > ClaimHolds);

    /// <summary>What became of it; null: it is no more.</summary>
    private async Task<(string Mark, string Word)?> SendAsync(BlobClient blob, string folder, string file, IDictionary<string, string> marks, BlobUpload upload, ETag version, CancellationToken ct)
    {
        try
        {
            var dataset = ResourceName.Parse(folder);
            var receipt = await upload.SendAsync(dataset, file, ct);
            log.LogInformation("{Blob} is upload {Upload} of {Dataset}", blob.Name, receipt.Upload, dataset);
            return (Taken, receipt.Upload);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Invalid)
        {
            log.LogError("{Blob} is not taken: {Code}, {Message}", blob.Name, e.Code, e.Message);
            return (Refused, e.Code);
        }
        catch (RequestFailedException e) when (IsAnother(e))
        {
            log.LogInformation("{Blob} was deleted or written anew while it was sent", blob.Name);
            return null;
        }
        catch (Exception)
        {
            await ReleaseAsync(blob, marks, version);
            throw;
        }
    }

    /// <summary>Whoever tries next need not wait for the claim to run out.</summary>
    private async Task ReleaseAsync(BlobClient blob, IDictionary<string, string> marks, ETag version)
    {
        marks.Remove(Taking);
        try
        {
            await blob.SetMetadataAsync(marks, new BlobRequestConditions { IfMatch = version }, CancellationToken.None);
        }
        catch (RequestFailedException e)
        {
            if (!IsAnother(e))
                log.LogWarning(e, "The claim on {Blob} stays until it runs out", blob.Name);
        }
    }

    /// <summary>Null: it was deleted meanwhile.</summary>
    private static async Task<BlobProperties?> FindAsync(BlobClient blob, CancellationToken ct)
    {
        try
        {
            return await blob.GetPropertiesAsync(cancellationToken: ct);
        }
        catch (RequestFailedException e) when (IsAnother(e))
        {
            return null;
        }
    }

    /// <summary>The version that was asked for is no more: the blob was deleted or written anew.</summary>
    private static bool IsAnother(RequestFailedException e) => e.Status is 404 or 412;

    /// <summary>The blob's new version; null: somebody else wrote or deleted it meanwhile.</summary>
    private static async Task<ETag?> MarkAsync(BlobClient blob, IDictionary<string, string> marks, string mark, string word, ETag version, CancellationToken ct)
    {
        marks[mark] = word;
        try
        {
            return (await blob.SetMetadataAsync(marks, new BlobRequestConditions { IfMatch = version }, ct)).Value.ETag;
        }
        catch (RequestFailedException e) when (IsAnother(e))
        {
            return null;
        }
    }
}

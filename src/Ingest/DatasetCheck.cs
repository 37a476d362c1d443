using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Storage.Folder;

namespace Temper.Ingest;

/// <summary>What ingestion would say of a folder.</summary>
/// <param name="Result">As a worker would finish.</param>
/// <param name="SetAside">Every record that would not be in the version, in upload order.</param>
/// <param name="Warnings">Codes of accepted records that are worth a look.</param>
public sealed record CheckedFolder(IngestResult Result, IReadOnlyList<QuarantineEntry> SetAside, SortedDictionary<string, CodeReport> Warnings);

/// <summary>A dry run of ingestion over a folder: nothing is uploaded, registered or kept.</summary>
public static class DatasetCheck
{
    private static readonly ResourceName Name = ResourceName.Parse("check");

    /// <summary>Runs every stage that needs no registry (no embedding, no comparison with other versions, no preview) over the files of <paramref name="folder"/>.</summary>
    /// <param name="folder">What would be uploaded: a folder, or one file.</param>
    /// <param name="scratch">A folder that does not exist; it is made, and removed in the end.</param>
    /// <param name="options">As a worker's.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">The configuration is wrong, or the folder cannot be read.</exception>
    public static Task<CheckedFolder> RunAsync(string folder, string scratch, IngestOptions options, TimeProvider clock, CancellationToken ct)
    {
        IEnumerable<string> paths = File.Exists(folder) ? [folder] : Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);
        var above = File.Exists(folder) ? Path.GetDirectoryName(Path.GetFullPath(folder))! : folder;
        return RunAsync([.. paths.Select(p => (Path.GetRelativePath(above, p).Replace(Path.DirectorySeparatorChar, '/'), p))], scratch, options, clock, ct);
    }

    /// <summary>Runs every stage that needs no registry over files that would be uploaded.</summary>
    /// <param name="content">Each file's path in the upload, with <c>/</c> between segments, and where it lies.</param>
    /// <param name="scratch">A folder that does not exist; it is made, and removed in the end.</param>
    /// <param name="options">As a worker's.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">The configuration is wrong, or a file cannot be read.</exception>
    public static async Task<CheckedFolder> RunAsync(IReadOnlyList<(string Path, string File)> content, string scratch, IngestOptions options, TimeProvider clock, CancellationToken ct)
    {
        var blobs = new FolderBlobStore(scratch, clock);
        try
        {
            var payload = new IngestPayload(Name, "check", await StoreAsync(blobs, content, ct).ConfigureAwait(false));
            var result = await new IngestPipeline(blobs, options with { LeavesOutEmbedding = true, LongestTurn = Timeout.InfiniteTimeSpan }, new(NoModel, NoDataset), clock).RunAsync(payload, (_, _) => { }, ct).ConfigureAwait(false);
            return new(result, await QuarantineAsync(blobs, result, ct).ConfigureAwait(false), await WarningsAsync(blobs, result, ct).ConfigureAwait(false));
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<UploadedFile>> StoreAsync(FolderBlobStore blobs, IReadOnlyList<(string Path, string File)> sources, CancellationToken ct)
    {
        var files = new List<UploadedFile>();
        foreach (var (path, file) in sources.OrderBy(s => s.Path, StringComparer.Ordinal))
        {
            await using var content = File.OpenRead(file);
            var digest = await Digest.OfAsync(content, ct).ConfigureAwait(false);
            content.Position = 0;
            var key = BlobLayout.Upload(Name, "check", path);
            await blobs.CreateAsync(key, content, ct).ConfigureAwait(false);
            files.Add(new(path, key.ToString(), content.Length, digest));
        }
        return files;
    }

    private static async Task<IReadOnlyList<QuarantineEntry>> QuarantineAsync(FolderBlobStore blobs, IngestResult result, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(Name, result.VersionKey, DatasetManifest.QuarantineName), 0, null, null, ct).ConfigureAwait(false);
        var entries = new List<QuarantineEntry>();
        await foreach (var entry in JsonSerializer.DeserializeAsyncEnumerable<QuarantineEntry>(stream, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            entries.Add(entry!);
        return entries;
    }

    private static async Task<SortedDictionary<string, CodeReport>> WarningsAsync(FolderBlobStore blobs, IngestResult result, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(Name, result.VersionKey, DatasetManifest.ReportName), 0, null, null, ct).ConfigureAwait(false);
        return (await JsonSerializer.DeserializeAsync<DatasetReport>(stream, Wire.Json, ct).ConfigureAwait(false))!.Warnings;
    }

    private static Task<DatasetPin> NoDataset(string reference, CancellationToken ct) =>
        throw new TemperException("not_found", $"A dry run asks no registry, so it cannot resolve '{reference}'.");

    private static Task<ModelPin> NoModel(string reference, CancellationToken ct) =>
        throw new TemperException("CFG_UNSUPPORTED", $"A dry run does not embed, so it cannot resolve '{reference}'.");
}

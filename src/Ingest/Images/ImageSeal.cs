using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>What sealing does besides for a version of images: their archives, and the count of the buckets.</summary>
internal sealed class ImageSeal : IAsyncDisposable
{
    private readonly ImageShards _shards;
    private readonly BucketTally _buckets;

    private readonly ValidatedUpload _upload;

    private ImageSeal(ImageShards shards, BucketTally buckets, ValidatedUpload upload) => (_shards, _buckets, _upload) = (shards, buckets, upload);

    /// <summary>For a plan of images; null for any other.</summary>
    /// <param name="blobs">Where the version goes.</param>
    /// <param name="plan">The upload.</param>
    /// <param name="upload">What validation found in it.</param>
    /// <param name="most">Bytes after which an archive ends.</param>
    /// <param name="enabled">Whether the version is sealed; a rejected one gets no images.</param>
    public static ImageSeal? For(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, long most, bool enabled) =>
        plan.Config.Format == RecordFormat.Image ? new(new(blobs, plan, most, enabled), new(plan.Config.Image!), upload) : null;

    /// <summary>Takes an accepted record.</summary>
    public void Add(int file, ReadOnlySpan<byte> body)
    {
        _shards.Add(file);
        _buckets.Add(JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json)!, _upload.Files[file].Look ?? 0);
    }

    /// <summary>Writes what waits.</summary>
    public ValueTask FlushAsync(CancellationToken ct) => _shards.FlushAsync(ct);

    /// <summary>The archives and, last, their index; nothing for a rejected version.</summary>
    public Task<IReadOnlyList<FileEntry>> EndAsync(CancellationToken ct) => _shards.EndAsync(ct);

    /// <summary>The report with its section of images, and with the ledgers of folders.</summary>
    public DatasetReport Complete(DatasetReport report, SortedDictionary<string, long> codes) => report with { Images = _buckets.Report(codes), Files = Folders(report.Files) };

    /// <summary>Shares of files as shares of their folders: a report of a hundred thousand images is not to be read. Each ends in <c>*</c>.</summary>
    private static IReadOnlyList<FileReport> Folders(IReadOnlyList<FileReport> files) =>
    [
        .. files.Where(f => f.Path != Undelivered.FileName).GroupBy(f => f.Path[..(f.Path.LastIndexOf('/') + 1)]).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new FileReport($"{g.Key}*", g.Aggregate(Ledger.Empty, (sum, f) => sum + f.Ledger), g.Sum(f => f.Bytes), 0, false, null, null)),
        .. files.Where(f => f.Path == Undelivered.FileName),
    ];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _shards.DisposeAsync();
}

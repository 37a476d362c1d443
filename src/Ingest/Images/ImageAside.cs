using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>Keeps quarantined images as they came, so that they can be looked at and corrected.</summary>
internal static class ImageAside
{
    /// <summary>Bytes of a file up to which it is kept; of a larger one only its name is.</summary>
    public const long Largest = 16L << 20;

    /// <summary>Writes one <see cref="QuarantinedLine"/> per quarantined image of the upload, in upload order, with all bytes of the file.</summary>
    public static async Task WriteAsync(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, SealedFile kept, CancellationToken ct)
    {
        foreach (var tally in upload.Files.Where(f => f.Quarantined > 0 && plan.Files[f.File].Image is not null))
        {
            var file = plan.Files[tally.File];
            var bytes = file.Size > Largest ? null : await ReadAsync(blobs, file, ct).ConfigureAwait(false);
            kept.Pending.Add(JsonSerializer.SerializeToUtf8Bytes(new QuarantinedLine(file.Path, 1, tally.Codes.First().Key, bytes) { Whole = true }, Wire.Json));
            kept.Pending.Add((byte)'\n');
            await kept.FlushAsync(ct).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]> ReadAsync(IBlobStore blobs, SourceFile file, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Upload.Key), 0, file.Size, null, ct).ConfigureAwait(false);
        var bytes = new byte[file.Size];
        await stream.ReadExactlyAsync(bytes, ct).ConfigureAwait(false);
        return bytes;
    }
}

using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Training.Data;

/// <summary>Reads a sealed dataset version from the blob store. Every byte is verified: the manifest by the job's pin, the shards by the manifest.</summary>
public static class SealedDataset
{
    /// <summary>All records to train on, in the version's order; those that a split of the dataset keeps for evaluation are not among them.</summary>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>, naming the file and what was expected.</exception>
    public static async Task<IReadOnlyList<CanonicalRecord>> ReadAsync(IBlobStore blobs, DatasetPin pin, CancellationToken ct)
    {
        var manifest = await ManifestAsync(blobs, pin, ct).ConfigureAwait(false);
        var records = new List<CanonicalRecord>();
        foreach (var shard in manifest.Shards)
        {
            var bytes = await BytesAsync(blobs, pin, shard.Path, ct).ConfigureAwait(false);
            if (bytes.Length != shard.Size || Digest.Of(bytes) != shard.Sha256)
                throw Corrupt(pin, shard.Path, $"is not the file of {shard.Size} bytes and digest {shard.Sha256.Short} that the manifest names");
            AddRecords(bytes, pin, shard.Path, records);
        }
        return records.Count == manifest.Ledger.Accepted - (manifest.Eval?.Records ?? 0)
            ? records
            : throw Corrupt(pin, DatasetManifest.FileName, $"counts {manifest.Ledger.Accepted} records, but its files hold {records.Count}");
    }

    /// <summary>The manifest of a version.</summary>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    internal static async Task<DatasetManifest> ManifestAsync(IBlobStore blobs, DatasetPin pin, CancellationToken ct)
    {
        var bytes = await BytesAsync(blobs, pin, DatasetManifest.FileName, ct).ConfigureAwait(false);
        return Digest.Of(bytes) is var found && found == pin.Manifest ? Parse<DatasetManifest>(bytes, pin, DatasetManifest.FileName)
            : throw Corrupt(pin, DatasetManifest.FileName, $"has digest {found.Short}, expected {pin.Manifest.Short}");
    }

    private static void AddRecords(byte[] bytes, DatasetPin pin, string path, List<CanonicalRecord> records)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var length = bytes.AsSpan(at).IndexOf((byte)'\n') is var i and >= 0 ? i : bytes.Length - at;
            if (length > 0)
                records.Add(Parse<CanonicalRecord>(bytes.AsSpan(at, length), pin, path));
            at += length + 1;
        }
    }

    private static T Parse<T>(ReadOnlySpan<byte> json, DatasetPin pin, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Wire.Json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw Corrupt(pin, path, $"cannot be read: {e.Message}");
        }
    }

    private static async Task<byte[]> BytesAsync(IBlobStore blobs, DatasetPin pin, string path, CancellationToken ct)
    {
        try
        {
            await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(pin.Name, pin.VersionKey, path), 0, null, null, ct).ConfigureAwait(false);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, ct).ConfigureAwait(false);
            return copy.ToArray();
        }
        catch (TemperException e) when (e.Code == "blob_missing")
        {
            throw Corrupt(pin, path, "is missing");
        }
    }

    private static TemperException Corrupt(DatasetPin pin, string path, string what) => new("dataset_corrupt", $"{path} of {pin.Name}:{pin.Version} {what}.");
}

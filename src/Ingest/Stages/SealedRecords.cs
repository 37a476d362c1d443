using System.Security.Cryptography;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Reads the records of a sealed version, its part for evaluation among them, line by line; every byte is verified by the pin and the manifest.</summary>
internal sealed class SealedRecords(IBlobStore blobs, DatasetPin pin)
{
    private const int LongestBody = 0x7000_0000;

    /// <summary>The version's manifest.</summary>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    public async Task<DatasetManifest> ManifestAsync(CancellationToken ct)
    {
        await using var stream = await OpenAsync(DatasetManifest.FileName, ct).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
        if (Digest.Of(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)) != pin.Manifest)
            throw Corrupt(DatasetManifest.FileName, "is not the one that the pin names");
        bytes.Position = 0;
        return (await JsonSerializer.DeserializeAsync<DatasetManifest>(bytes, Wire.Json, ct).ConfigureAwait(false))!;
    }

    /// <summary>Hands over every record's line.</summary>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    public async Task ReadAsync(Action<ReadOnlySpan<byte>> take, CancellationToken ct)
    {
        var manifest = await ManifestAsync(ct).ConfigureAwait(false);
        foreach (var shard in manifest.Shards.Concat(manifest.Eval?.Shards ?? []))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var stream = await OpenAsync(shard.Path, ct).ConfigureAwait(false);
            var lines = new LineReader(new Hashing(stream, hash), LongestBody, 0, 0);
            do
            {
                while (lines.TryRead(out var line))
                    take(line.Bytes);
            } while (await lines.FillAsync(ct).ConfigureAwait(false));
            if (Digest.FromHash(hash.GetHashAndReset()) != shard.Sha256)
                throw Corrupt(shard.Path, $"is not the file of {shard.Size} bytes and digest {shard.Sha256.Short} that the manifest names");
        }
    }

    private async Task<Stream> OpenAsync(string file, CancellationToken ct)
    {
        try
        {
            return await blobs.OpenAsync(BlobLayout.Dataset(pin.Name, pin.VersionKey, file), 0, null, null, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "blob_missing")
        {
            throw Corrupt(file, "is missing");
        }
    }

    private TemperException Corrupt(string path, string what) => new("dataset_corrupt", $"{path} of {pin.Name}:{pin.Version} {what}.");

    private sealed class Hashing(Stream inner, IncrementalHash hash) : ReadStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            hash.AppendData(buffer.Span[..read]);
            return read;
        }
    }
}

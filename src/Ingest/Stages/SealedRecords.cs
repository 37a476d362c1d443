using System.Security.Cryptography;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Files;
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

    /// <summary>Hands over every record's line, and calls <paramref name="between"/> now and then so that the taker can go on asynchronously.</summary>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    public async Task ReadAsync(TakeSealed take, Func<ValueTask>? between, CancellationToken ct)
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
                    take(shard.Path, line.Offset, line.Bytes);
                if (between is not null)
                    await between().ConfigureAwait(false);
            } while (await lines.FillAsync(ct).ConfigureAwait(false));
            if (Digest.FromHash(hash.GetHashAndReset()) != shard.Sha256)
                throw Corrupt(shard.Path, $"is not the file of {shard.Size} bytes and digest {shard.Sha256.Short} that the manifest names");
        }
    }

    /// <summary>The bytes of one record, where <see cref="ReadAsync"/> saw it.</summary>
    public async Task<byte[]> RecordAsync(string shard, long offset, int length, CancellationToken ct)
    {
        var body = new byte[length];
        await using var stream = await OpenAsync(shard, ct, offset, length).ConfigureAwait(false);
        await stream.ReadExactlyAsync(body, ct).ConfigureAwait(false);
        return body;
    }

    /// <summary>What is wrong with a file of the version.</summary>
    public TemperException Corrupt(string path, string what) => new("dataset_corrupt", $"{path} of {pin.Name}:{pin.Version} {what}.");

    private async Task<Stream> OpenAsync(string file, CancellationToken ct, long offset = 0, long? length = null)
    {
        try
        {
            return await blobs.OpenAsync(BlobLayout.Dataset(pin.Name, pin.VersionKey, file), offset, length, null, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "blob_missing")
        {
            throw Corrupt(file, "is missing");
        }
    }

    private sealed class Hashing(Stream inner, IncrementalHash hash) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            hash.AppendData(buffer.Span[..read]);
            return read;
        }
    }
}

/// <summary>One sealed record.</summary>
/// <param name="shard">File of the version.</param>
/// <param name="offset">Where its line begins.</param>
/// <param name="body">The line; valid during the call.</param>
internal delegate void TakeSealed(string shard, long offset, ReadOnlySpan<byte> body);

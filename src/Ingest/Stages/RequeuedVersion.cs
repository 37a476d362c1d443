using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>A version whose accepted records come along, as they are, with corrected lines of what it set aside.</summary>
/// <param name="Pin">The version.</param>
/// <param name="Config">Its configuration, resolved.</param>
/// <param name="Files">Its files of records.</param>
internal sealed record RequeuedVersion(DatasetPin Pin, DatasetConfig Config, IReadOnlyList<SourceFile> Files)
{
    /// <summary>The version that an upload names; null when it names none.</summary>
    /// <exception cref="TemperException">Codes <c>DATA_NOT_A_PARENT</c>, <c>dataset_corrupt</c>, <c>invalid_json</c>.</exception>
    public static async Task<RequeuedVersion?> FindAsync(IBlobStore blobs, IngestPayload payload, CancellationToken ct)
    {
        if (payload.Files.FirstOrDefault(f => f.Path == DatasetManifest.RequeueName) is not { } file)
            return null;
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Key), 0, null, null, ct).ConfigureAwait(false);
        var pin = await ReadAsync<DatasetPin>(stream, file.Path, ct).ConfigureAwait(false);
        if (pin.Name != payload.Dataset)
            throw new TemperException("DATA_NOT_A_PARENT", $"{file.Path} names {pin.Name}:{pin.Version}, but the upload goes to {payload.Dataset}.");
        var manifest = await new SealedRecords(blobs, pin).ManifestAsync(ct).ConfigureAwait(false);
        var config = manifest.Config.Deserialize<DatasetConfig>(Wire.Json)!;
        if (config.Format == RecordFormat.Image)
            throw new TemperException("CFG_UNSUPPORTED", $"{pin.Name}:{pin.Version} holds images; corrected ones are uploaded with the others.");
        return new(pin, config, [.. manifest.Shards.Select(s => Of(pin, s, VerdictMark.Sound)), .. (manifest.Eval?.Shards ?? []).Select(s => Of(pin, s, VerdictMark.SoundEval))]);
    }

    private static SourceFile Of(DatasetPin pin, FileEntry shard, byte mark)
    {
        var path = FormattableString.Invariant($"{pin.Name}:{pin.Version}/{shard.Path}");
        return new(path, new(path, BlobLayout.Dataset(pin.Name, pin.VersionKey, shard.Path).ToString(), shard.Size, shard.Sha256)) { Sealed = mark };
    }

    private static async Task<T> ReadAsync<T>(Stream stream, string path, CancellationToken ct)
    {
        try
        {
            return (await JsonSerializer.DeserializeAsync<T>(stream, Wire.Strict, ct).ConfigureAwait(false))!;
        }
        catch (JsonException e)
        {
            throw new TemperException("invalid_json", $"{path}: {e.Message}", inner: e);
        }
    }
}

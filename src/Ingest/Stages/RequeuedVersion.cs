using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// A version whose quarantined lines an upload corrects. Of a sealed one the accepted records come along, as they are; of a rejected one the upload holds
/// the files once more, and the lines that it quarantined give way to the corrected ones.
/// </summary>
/// <param name="Pin">The version, where it is sealed.</param>
/// <param name="Config">Its configuration, resolved; null where the upload brings what there is.</param>
/// <param name="Files">Its files of records.</param>
/// <param name="Corrected">Lines of the upload's files that the rejected version quarantined.</param>
internal sealed record RequeuedVersion(DatasetPin? Pin, DatasetConfig? Config, IReadOnlyList<SourceFile> Files, IReadOnlyDictionary<string, IReadOnlySet<long>> Corrected)
{
    private static readonly IReadOnlyDictionary<string, IReadOnlySet<long>> None = new Dictionary<string, IReadOnlySet<long>>();

    /// <summary>The version that an upload names; null when it names none.</summary>
    /// <exception cref="TemperException">Codes <c>DATA_NOT_A_PARENT</c>, <c>dataset_corrupt</c>, <c>invalid_json</c>, <c>CFG_UNSUPPORTED</c>.</exception>
    public static async Task<RequeuedVersion?> FindAsync(IBlobStore blobs, IngestPayload payload, CancellationToken ct)
    {
        if (payload.Files.FirstOrDefault(f => f.Path == DatasetManifest.RequeueName) is not { } file)
            return null;
        var named = await ReadAsync(blobs, file, ct).ConfigureAwait(false);
        if (named.Name != payload.Dataset)
            throw new TemperException("DATA_NOT_A_PARENT", $"{file.Path} names {named.Name}:{named.Version}, but the upload goes to {payload.Dataset}.");
        if (await blobs.FindAsync(BlobLayout.Dataset(named.Name, named.VersionKey, named.Manifest is null ? DatasetManifest.QuarantineName : DatasetManifest.FileName), ct).ConfigureAwait(false) is null)
            throw new TemperException("DATA_NOT_A_PARENT", $"{file.Path} names {named.Name}:{named.Version} under the key {named.VersionKey}, and there is no such version.", "Let `temper data requeue` write the file.");
        return named is { Manifest: { } manifest, Commit: { } commit }
            ? await OfSealedAsync(blobs, new(named.Name, named.Version, named.VersionKey, commit, manifest), ct).ConfigureAwait(false)
            : new(null, null, [], await LinesAsync(blobs, named, ct).ConfigureAwait(false));
    }

    private static async Task<RequeuedVersion> OfSealedAsync(IBlobStore blobs, DatasetPin pin, CancellationToken ct)
    {
        var manifest = await new SealedRecords(blobs, pin).ManifestAsync(ct).ConfigureAwait(false);
        var config = manifest.Config.Deserialize<DatasetConfig>(Wire.Json)!;
        if (config.Format == RecordFormat.Image)
            throw new TemperException("CFG_UNSUPPORTED", $"{pin.Name}:{pin.Version} holds images; corrected ones are uploaded with the others.");
        return new(pin, config, [.. manifest.Shards.Select(s => Of(pin, s, VerdictMark.Sound)), .. (manifest.Eval?.Shards ?? []).Select(s => Of(pin, s, VerdictMark.SoundEval))], None);
    }

    private static SourceFile Of(DatasetPin pin, FileEntry shard, byte mark)
    {
        var path = FormattableString.Invariant($"{pin.Name}:{pin.Version}/{shard.Path}");
        return new(path, new(path, BlobLayout.Dataset(pin.Name, pin.VersionKey, shard.Path).ToString(), shard.Size, shard.Sha256)) { Sealed = mark };
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlySet<long>>> LinesAsync(IBlobStore blobs, RequeueTarget target, CancellationToken ct)
    {
        var lines = new Dictionary<string, SortedSet<long>>(StringComparer.Ordinal);
        await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(target.Name, target.VersionKey, DatasetManifest.QuarantineName), 0, null, null, ct).ConfigureAwait(false);
        await foreach (var entry in JsonSerializer.DeserializeAsyncEnumerable<QuarantineEntry>(stream, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
        {
            if (entry!.Outcome != RecordOutcome.Quarantined)
                continue;
            if (!lines.TryGetValue(entry.File, out var known))
                lines[entry.File] = known = [];
            known.Add(entry.Line);
        }
        return lines.ToDictionary(l => l.Key, l => (IReadOnlySet<long>)l.Value, StringComparer.Ordinal);
    }

    private static async Task<RequeueTarget> ReadAsync(IBlobStore blobs, UploadedFile file, CancellationToken ct)
    {
        try
        {
            await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Key), 0, null, null, ct).ConfigureAwait(false);
            if (await JsonSerializer.DeserializeAsync<RequeueTarget>(stream, Wire.Strict, ct).ConfigureAwait(false) is { } target && target.Version > 0 && target.Manifest is null == target.Commit is null)
                return target;
            throw Malformed(file, null, null);
        }
        catch (JsonException e)
        {
            throw Malformed(file, e.LineNumber + 1, e);
        }
        catch (TemperException e) when (e.Code is "name_invalid" or "digest_invalid")
        {
            throw Malformed(file, null, e);
        }
    }

    private static TemperException Malformed(UploadedFile file, long? line, Exception? inner) => new(
    [
        new("invalid_json", $"{file.Path} does not name a version: {{\"name\": NAME, \"version\": N, \"version_key\": KEY}} and, of a sealed one, \"commit\" and \"manifest\" are expected.")
        {
            File = file.Path,
            Line = line ?? 1,
            Path = (inner as JsonException)?.Path,
            Hint = "Let `temper data requeue NAME:VERSION FILE` write it, or leave it out of the upload.",
        },
    ], inner);
}

using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Fixes everything that decides the version: which files hold records, the resolved configuration, the format, the embedding model's pin.
/// What could turn out otherwise on a second look (an alias that moved) is committed, so that a later attempt of the same upload goes on with it.
/// </summary>
internal sealed class RegisterStage(IBlobStore blobs, IngestOptions options, IReadOnlyList<IRecordScorer> scorers, Func<string, CancellationToken, Task<ModelPin>> resolve, TimeProvider clock)
{
    private const int LargestConfig = 1 << 20;

    /// <summary>The plan of an upload.</summary>
    /// <exception cref="TemperException">The configuration is wrong, or the format cannot be told: CFG_…, FMT_….</exception>
    public async Task<IngestPlan> RunAsync(IngestPayload payload, CancellationToken ct)
    {
        var sorted = SortedUpload.Of(payload.Files);
        var config = sorted.Config is null ? new DatasetConfig() : await ReadConfigAsync(sorted.Config, ct).ConfigureAwait(false);
        if (ImageUpload.Is(payload.Files, sorted, config))
            (sorted, config) = await new ImageUpload(blobs, payload.Files, sorted, config).SortAsync(ct).ConfigureAwait(false);
        else
            sorted = await new ArchiveExpansion(blobs, options.Archives, clock).ExpandAsync(sorted, ct).ConfigureAwait(false);
        var key = Digest.OfText(string.Concat([$"register\n{payload.Dataset}\n{payload.Upload}\n", .. payload.Files.Select(f => $"{f.Sha256.Hex} {f.Path}\n")]));
        var stage = new StageBlobs(blobs, key);
        await stage.MarkUsedAsync(clock, ct).ConfigureAwait(false);
        var mark = await stage.FindAsync<RegisterMark>("register.json", ct).ConfigureAwait(false)
            ?? await stage.CommitAsync("register.json", await MarkAsync(sorted, config, ct).ConfigureAwait(false), "ingest.registered", ct).ConfigureAwait(false);
        var resolved = config with { Format = mark.Format };
        return new(payload.Dataset, sorted.Data, payload.Files, sorted.Unreadable, sorted.NotData, resolved, mark.Embedding,
            StageKeys.Of(payload.Dataset, sorted, payload.Files, resolved, mark.Embedding, options, scorers), key);
    }

    private async Task<RegisterMark> MarkAsync(SortedUpload sorted, DatasetConfig config, CancellationToken ct)
    {
        if (config.Dedup.Near is { Enabled: true, Scope: NearScope.Job })
            throw new TemperException([new Problem("CFG_UNSUPPORTED", "Copies are sought within one dataset; the scope 'job' is not supported.") { File = sorted.Config?.Path, Path = "/dedup/near/scope", Hint = "Name the other datasets under contamination.against." }]);
        if (options.LeavesOutEmbedding)
            config = config with { EmbeddingModel = null };
        if (config.EmbeddingModel is not null && options.Embedders is null)
            throw new TemperException([new Problem("CFG_UNSUPPORTED", $"embedding.model names '{config.EmbeddingModel}', but this worker cannot embed.") { File = sorted.Config?.Path, Path = "/embedding/model" }]);
        var format = config.Format == RecordFormat.Auto ? await new FormatDetector(blobs, sorted.Data, config).FindAsync(ct).ConfigureAwait(false) : config.Format;
        return new(format, config.EmbeddingModel is null ? null : await resolve(config.EmbeddingModel, ct).ConfigureAwait(false));
    }

    private async Task<DatasetConfig> ReadConfigAsync(UploadedFile file, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Key), 0, LargestConfig + 1, null, ct).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
        return DatasetConfig.Parse(bytes.ToArray(), file.Path, [.. scorers.Select(s => s.Name)]);
    }

    private sealed record RegisterMark(RecordFormat Format, ModelPin? Embedding);
}

using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Fixes everything that decides the version: which files hold records, the resolved configuration, the format, the embedding model's pin.
/// What could turn out otherwise on a second look (an alias that moved) is committed, so that a later attempt of the same upload goes on with it.
/// </summary>
internal sealed class RegisterStage(IBlobStore blobs, IngestOptions options, IReadOnlyList<IRecordScorer> scorers, IngestReferences registry, TimeProvider clock)
{
    private const int LargestConfig = 1 << 20;

    /// <summary>The plan of an upload.</summary>
    /// <exception cref="TemperException">The configuration is wrong, or the format cannot be told: CFG_…, FMT_….</exception>
    public async Task<IngestPlan> RunAsync(IngestPayload payload, CancellationToken ct)
    {
        var requeued = await RequeuedVersion.FindAsync(blobs, payload, ct).ConfigureAwait(false);
        IReadOnlyList<UploadedFile> files = [.. payload.Files.Where(f => f.Path is not (DatasetManifest.RequeueName or Undelivered.FileName))];
        var sorted = SortedUpload.Of(files);
        var config = sorted.Config is not null ? await ReadConfigAsync(sorted.Config, ct).ConfigureAwait(false) : requeued?.Config ?? new DatasetConfig();
        if (ImageUpload.Is(files, sorted, config))
            (sorted, config) = await new ImageUpload(blobs, files, sorted, config).SortAsync(ct).ConfigureAwait(false);
        else
            sorted = await ReadableAsync(files, sorted, ct).ConfigureAwait(false);
        var key = Digest.OfText(string.Concat([$"register\n{payload.Dataset}\n{payload.Upload}\n", .. payload.Files.Select(f => $"{f.Sha256.Hex} {f.Path}\n")]));
        var stage = new StageBlobs(blobs, key);
        await stage.MarkUsedAsync(clock, ct).ConfigureAwait(false);
        var (mark, refused) = await FixAsync(stage, sorted, config, ct).ConfigureAwait(false);
        var resolved = config with { Format = mark.Format, FormatFound = config.Format == RecordFormat.Auto };
        sorted = sorted with
        {
            Data =
            [
                .. requeued?.Files ?? [],
                .. sorted.Data.Select(f => requeued?.Corrected.GetValueOrDefault(f.Path) is { } lines ? f with { Corrected = lines } : f),
                .. payload.Files.Where(f => f.Path == Undelivered.FileName).Select(f => new SourceFile(f.Path, f) { Sealed = VerdictMark.Aside }),
            ],
        };
        var plan = new IngestPlan(payload.Dataset, sorted.Data, payload.Files, sorted.Unreadable, sorted.NotData, resolved, mark.Embedding, mark.Against, mark.DedupAgainst, mark.Preview,
            StageKeys.Of(payload.Dataset, sorted, payload.Files, resolved, mark, options, scorers), requeued?.Pin, mark.ETags, key);
        return plan with { Refused = refused };
    }

    /// <summary>What was fixed before, or now. Where no format agrees nothing is fixed: nothing will be read, and the same files are found as wrong again.</summary>
    private async Task<(RegisterMark Mark, IReadOnlyList<Problem> Refused)> FixAsync(StageBlobs stage, SortedUpload sorted, DatasetConfig config, CancellationToken ct)
    {
        try
        {
            return (await stage.FindAsync<RegisterMark>("register.json", ct).ConfigureAwait(false)
                ?? await stage.CommitAsync("register.json", await MarkAsync(sorted, config, ct).ConfigureAwait(false), "ingest.registered", ct).ConfigureAwait(false), []);
        }
        catch (TemperException e) when (e.Problems.All(p => p.Code.StartsWith("FMT_", StringComparison.Ordinal)))
        {
            return (new(RecordFormat.Auto, null, [], null, []), e.Problems);
        }
    }

    /// <summary>An upload of text with its archives opened, and images that are none of its business as one error.</summary>
    private async Task<SortedUpload> ReadableAsync(IReadOnlyList<UploadedFile> files, SortedUpload sorted, CancellationToken ct)
    {
        MeantImages.Check(files, sorted);
        return await new ArchiveExpansion(blobs, options.Archives, clock).ExpandAsync(sorted with { Unreadable = MeantImages.AsOne(sorted.Unreadable, files) }, ct).ConfigureAwait(false);
    }

    private async Task<RegisterMark> MarkAsync(SortedUpload sorted, DatasetConfig config, CancellationToken ct)
    {
        if (options.LeavesOutEmbedding)
            config = config with { EmbeddingModel = null, PreviewModel = null, Contamination = config.Contamination with { Against = [] }, DedupAgainst = [] };
        if (config.EmbeddingModel is not null && options.Embedders is null)
            throw Unsupported(sorted, "/embedding/model", $"embedding.model names '{config.EmbeddingModel}', but this worker cannot embed.");
        if (config.PreviewModel is not null && options.Previews is null)
            throw Unsupported(sorted, "/preview/model", $"preview.model names '{config.PreviewModel}', but this worker cannot open models.");
        var format = config.Format == RecordFormat.Auto ? await new FormatDetector(blobs, sorted.Data, config).FindAsync(ct).ConfigureAwait(false) : config.Format;
        return new(format, await ModelAsync(config.EmbeddingModel, ct).ConfigureAwait(false), await AgainstAsync(sorted, "contamination.against", config.Contamination.Against, ct).ConfigureAwait(false), await ModelAsync(config.PreviewModel, ct).ConfigureAwait(false), await ETagsAsync(sorted, ct).ConfigureAwait(false))
        {
            DedupAgainst = await AgainstAsync(sorted, "dedup_against", config.DedupAgainst, ct).ConfigureAwait(false),
        };
    }

    private async Task<SortedDictionary<string, string>> ETagsAsync(SortedUpload sorted, CancellationToken ct)
    {
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in sorted.Data.Select(f => f.Upload.Key).Distinct())
        {
            if (await blobs.FindAsync(BlobKey.Parse(key), ct).ConfigureAwait(false) is { } found)
                tags[key] = found.ETag;
        }
        return tags;
    }

    private async Task<ModelPin?> ModelAsync(string? reference, CancellationToken ct) => reference is null ? null : await registry.Model(reference, ct).ConfigureAwait(false);

    /// <summary>All that cannot be resolved are said at once.</summary>
    private async Task<IReadOnlyList<DatasetPin>> AgainstAsync(SortedUpload sorted, string key, IReadOnlyList<string> references, CancellationToken ct)
    {
        var (pins, problems) = (new List<DatasetPin>(), new List<Problem>());
        foreach (var reference in references)
        {
            try
            {
                pins.Add(await registry.Dataset(reference, ct).ConfigureAwait(false));
            }
            catch (TemperException e) when (e.Code is "not_found" or "reference_invalid" or "name_invalid")
            {
                problems.Add(new("CFG_BAD_VALUE", $"{key}: {e.Message}") { File = sorted.Config?.Path, Path = $"/{key.Replace('.', '/')}", Value = reference, Hint = e.Problems[0].Hint ?? "Upload that dataset first; `temper datasets` lists what exists." });
            }
        }
        return problems.Count == 0 ? pins : throw new TemperException(problems);
    }

    private static TemperException Unsupported(SortedUpload sorted, string path, string message) =>
        new([new Problem("CFG_UNSUPPORTED", message) { File = sorted.Config?.Path, Path = path }]);

    private async Task<DatasetConfig> ReadConfigAsync(UploadedFile file, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Key), 0, LargestConfig + 1, null, ct).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
        return DatasetConfig.Parse(bytes.ToArray(), file.Path, [.. scorers.Select(s => s.Name)]);
    }
}

/// <summary>What could turn out otherwise on a second look, fixed for one upload.</summary>
/// <param name="Format">Found, never auto.</param>
/// <param name="Embedding">The model that embeds.</param>
/// <param name="Against">Sealed versions whose records must not be trained on.</param>
/// <param name="Preview">The model whose tokenizer and template are used.</param>
/// <param name="ETags">Blob key to what the first look found.</param>
internal sealed record RegisterMark(RecordFormat Format, ModelPin? Embedding, IReadOnlyList<DatasetPin> Against, ModelPin? Preview, SortedDictionary<string, string> ETags)
{
    /// <summary>Sealed versions whose records are dropped.</summary>
    public IReadOnlyList<DatasetPin> DedupAgainst { get; init; } = [];
}

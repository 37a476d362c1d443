using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Everything that decides the bytes of a version, fixed before the first record is read.</summary>
/// <param name="Dataset">Where it goes.</param>
/// <param name="Files">Files that hold records, in ordinal order of their paths; entries of an archive in its own order.</param>
/// <param name="Sources">All files of the upload.</param>
/// <param name="Unreadable">Files that cannot hold records, by their path.</param>
/// <param name="NotData">Files at the root that are left out: README, LICENSE, hidden ones.</param>
/// <param name="Config">Resolved; the format is found, never auto.</param>
/// <param name="Embedding">The model that embeds, where one does.</param>
/// <param name="Against">Sealed versions whose records must not be trained on.</param>
/// <param name="DedupAgainst">Sealed versions whose records are dropped.</param>
/// <param name="Preview">The model whose tokenizer and template show what is seen of the records, where one is named.</param>
/// <param name="Keys">Idempotency keys of the stages.</param>
/// <param name="Requeued">The version whose accepted records come along, where the upload corrects lines that it set aside.</param>
/// <param name="ETags">Blob key to the ETag that the first look found: what is read later must be the same.</param>
/// <param name="Register">Key of what was fixed for this one upload.</param>
internal sealed record IngestPlan(ResourceName Dataset, IReadOnlyList<SourceFile> Files, IReadOnlyList<UploadedFile> Sources, IReadOnlyList<Problem> Unreadable,
    IReadOnlyList<string> NotData, DatasetConfig Config, ModelPin? Embedding, IReadOnlyList<DatasetPin> Against, IReadOnlyList<DatasetPin> DedupAgainst, ModelPin? Preview, StageKeys Keys, DatasetPin? Requeued, IReadOnlyDictionary<string, string> ETags, Digest Register)
{
    /// <summary>Kinds of personal data that the configuration adds, for what people are shown; null where it adds none.</summary>
    public UserRules? Personal { get; } = UserRules.Of(Config);

    /// <summary>Why nothing is read: no format agrees. Empty where one does.</summary>
    public IReadOnlyList<Problem> Refused { get; init; } = [];
}

/// <summary>What each stage's outcome depends on, as one digest each. Same key, same bytes: whoever finds a stage's mark skips the stage.</summary>
/// <param name="Source">Dataset and (path, size, digest) of every file.</param>
/// <param name="Files">Of each file that holds records: its path and digest, the version of the rules, and what the configuration says of them. Nothing
/// else decides what its records are, so another version of the dataset finds the files that did not change.</param>
/// <param name="Dedup">Source, files, version and settings of the search for copies, embedding model.</param>
/// <param name="Contamination">Dedup, the versions that are compared with, and the split.</param>
/// <param name="Seal">Contamination, the model of the preview, and the layout of the sealed files.</param>
internal sealed record StageKeys(Digest Source, IReadOnlyList<Digest> Files, Digest Dedup, Digest Contamination, Digest Seal)
{
    /// <summary>Changes whenever the same bytes and configuration could be judged otherwise.</summary>
    public const string ValidatorVersion = "5";

    /// <summary>Changes whenever other records could be called copies.</summary>
    public const string DedupVersion = "3";

    /// <summary>Changes whenever other records could be said to share words with evaluation data.</summary>
    public const string ContaminationVersion = "1";

    /// <summary>Changes whenever the sealed files could differ.</summary>
    public const string SealVersion = "4";

    /// <summary>The version's folder: first 32 hex digits of the last key.</summary>
    public string Version => Seal.Hex[..32];

    /// <summary>The keys of an upload under a resolved configuration.</summary>
    public static StageKeys Of(ResourceName dataset, SortedUpload sorted, IReadOnlyList<UploadedFile> sources, DatasetConfig config, RegisterMark mark, IngestOptions options, IReadOnlyList<IRecordScorer> scorers)
    {
        var source = Digest.OfText(string.Concat([$"{dataset}\n", .. sources.Select(f => FormattableString.Invariant($"{f.Sha256.Hex} {f.Size} {f.Path}\n"))]));
        var used = string.Join(',', config.Filters.Select(rule => scorers.First(s => s.Name == rule.Score)).Select(s => $"{s.Name}={s.Version}"));
        var rules = Canonical(Rules(config));
        Digest[] files = [.. sorted.Data.Select(f => Hash(["file", ValidatorVersion, f.Sha256.Hex, f.Path, rules, used, config is { Format: RecordFormat.Text, FormatFound: true } ? "found" : "", .. f.Image?.KeyParts ?? [],
            .. f.Corrected is { } lines ? (string[])["corrected", string.Join(',', lines.Order())] : []]))];
        var dedup = Hash([source.Hex, DedupVersion, Canonical(config with { PreviewModel = null }), mark.Embedding?.Digest.Hex ?? "none", .. mark.DedupAgainst.Select(pin => $"without {pin.Name} {pin.Manifest.Hex}"), .. files.Select(f => f.Hex)]);
        var contamination = Hash([dedup.Hex, ContaminationVersion, .. mark.Against.Select(pin => $"{pin.Name} {pin.Manifest.Hex}")]);
        return new(source, files, dedup, contamination, Hash(contamination.Hex, SealVersion, mark.Preview?.Digest.Hex ?? "none", FormattableString.Invariant($"{options.ShardBytes}")));
    }

    /// <summary>What only later stages read does not belong to a file's key: another threshold must not read the files again.</summary>
    private static DatasetConfig Rules(DatasetConfig config)
    {
        var defaults = new DatasetConfig();
        return config with
        {
            Id = null,
            Dedup = defaults.Dedup,
            DedupAgainst = [],
            EmbeddingModel = null,
            MaxBadFraction = defaults.MaxBadFraction,
            MaxBadRecords = null,
            OnBadRecord = defaults.OnBadRecord,
            Expect = config.Expect with { MinRecords = null, MaxRecords = null },
            Split = config.Split.GroupBy is null ? defaults.Split : config.Split,
            Contamination = defaults.Contamination,
            MaxSamples = null,
            PreviewModel = null,
            AllowFileErrors = false,
            AcceptPartial = false,
        };
    }

    private static string Canonical(DatasetConfig config) => Core.Json.CanonicalJson.DigestOf(config.ToJson()).Hex;

    private static Digest Hash(params ReadOnlySpan<string> parts) => Digest.OfText(string.Join('\n', parts));
}

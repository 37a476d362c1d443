using System.Text.Json.Serialization;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>The layout of a file's records.</summary>
public enum RecordFormat
{
    /// <summary>Found from the first 1,000 records.</summary>
    Auto,

    /// <summary><c>messages</c>: a list of <c>role</c> and <c>content</c>.</summary>
    Messages,

    /// <summary><c>text</c>.</summary>
    Text,

    /// <summary><c>prompt</c> and <c>completion</c>: texts or lists of messages.</summary>
    PromptCompletion,

    /// <summary><c>instruction</c>, <c>output</c>, and where wanted <c>input</c>, <c>system</c>, <c>history</c>.</summary>
    Instruction,

    /// <summary><c>input</c> and <c>output</c> texts, or <c>segments</c> of <c>text</c> and <c>label</c>, taken as they are.</summary>
    InputOutput,

    /// <summary><c>conversations</c>: a list of <c>from</c> and <c>value</c>.</summary>
    Sharegpt,

    /// <summary><c>chosen</c> and <c>rejected</c>, and where wanted <c>prompt</c>.</summary>
    Preference,

    /// <summary><c>prompt</c>, <c>completion</c> and <c>label</c>.</summary>
    Kto,

    /// <summary><c>text</c> and <c>label</c>; only where it is named.</summary>
    Classification,

    /// <summary>Each record by itself.</summary>
    AutoPerRecord,

    /// <summary>One image a file; what a dataset of images has, whatever its configuration says.</summary>
    Image,
}

/// <summary>What happens when a record breaks a rule.</summary>
public enum BadRecordPolicy
{
    /// <summary>It is set aside, up to the limits.</summary>
    Quarantine,

    /// <summary>The version is rejected.</summary>
    Fail,
}

/// <summary>What one record of a plain text file is.</summary>
public enum TextUnit
{
    /// <summary>What empty lines separate.</summary>
    Paragraph,

    /// <summary>A line.</summary>
    Line,

    /// <summary>The whole file.</summary>
    File,
}

/// <summary>What near-duplicates are looked for in.</summary>
public enum NearScope
{
    /// <summary>The dataset itself.</summary>
    Dataset,

    /// <summary>Other datasets, too; refused by this version.</summary>
    Job,
}

/// <summary>What happens to near-duplicates.</summary>
public enum NearAction
{
    /// <summary>They are counted and shown, and kept.</summary>
    Report,

    /// <summary>All but the first of a group are dropped.</summary>
    Drop,
}

/// <summary>Search for records that are almost alike (Broder 1997): texts are cut into runs of characters, bands of min-wise hashes propose pairs, and the
/// share of common runs decides. A pair that shares s of its runs is proposed with probability 1 - (1 - s^rows)^bands.</summary>
/// <param name="Enabled">Default true.</param>
/// <param name="Threshold">Least share of common sequences of <paramref name="Ngram"/> characters, in question and answer each; 0.5 to 1, default 0.8.</param>
/// <param name="Action">Default report.</param>
/// <param name="Ngram">Characters in a sequence, 3 to 12. Default 5.</param>
/// <param name="Bands">Bands of the signature, 1 to 256. Default 20.</param>
/// <param name="Rows">Rows of a band, 1 to 64; bands times rows is at most 1024. Default 5, which proposes 99.96 % of the pairs at 0.8; 13 would propose 68 %.</param>
/// <param name="Scope">What is compared. Default dataset.</param>
public sealed record NearConfig(bool Enabled = true, double Threshold = 0.8, NearAction Action = NearAction.Report, int Ngram = 5, int Bands = 20, int Rows = 5, NearScope Scope = NearScope.Dataset);

/// <summary>Dropping of copies.</summary>
/// <param name="Exact">Drop later copies of a record; default true.</param>
/// <param name="Near">Records that are almost alike.</param>
public sealed record DedupConfig(bool Exact, NearConfig Near);

/// <summary>Bounds of one scorer's score; records outside are dropped and counted as filtered.</summary>
/// <param name="Score">Name of the scorer.</param>
/// <param name="Min">Least score that is kept; null for no bound.</param>
/// <param name="Max">Highest score that is kept; null for no bound.</param>
public sealed record FilterRule(string Score, double? Min, double? Max);

/// <summary>
/// A dataset's configuration, resolved: every key has its value. Read from <c>dataset.yaml</c>, <c>.yml</c> or <c>.json</c> at the root of an upload;
/// where there is none, these defaults hold. The keys are listed in docs/formats/dataset-config.md.
/// </summary>
public sealed record DatasetConfig
{
    /// <summary>Name of the dataset; null where the upload alone names it.</summary>
    public string? Id { get; init; }

    /// <summary>What the dataset is. Default text.</summary>
    public DatasetType DatasetType { get; init; }

    /// <summary>What its records are made of. Default text.</summary>
    public Modality Modality { get; init; }

    /// <summary>Layout of the records.</summary>
    public RecordFormat Format { get; init; }

    /// <summary>Whether the format was found, not said.</summary>
    [JsonIgnore]
    public bool FormatFound { get; init; }

    /// <summary>Field of a format to the name that the files use.</summary>
    public SortedDictionary<string, string> Columns { get; init; } = [];

    /// <summary>Role as the files write it to system, developer, user, assistant or tool.</summary>
    public SortedDictionary<string, string> Roles { get; init; } = [];

    /// <summary>Longest line in bytes, 64 to 256 MiB. Default 16 MiB.</summary>
    public int MaxLineBytes { get; init; } = 16 << 20;

    /// <summary>Largest share of records that may be quarantined, 0 to 1. Default 0.01.</summary>
    public double MaxBadFraction { get; init; } = 0.01;

    /// <summary>Largest number of records that may be quarantined; null for no limit.</summary>
    public long? MaxBadRecords { get; init; }

    /// <summary>What happens when a record breaks a rule.</summary>
    public BadRecordPolicy OnBadRecord { get; init; }

    /// <summary>Dropping of copies.</summary>
    public DedupConfig Dedup { get; init; } = new(true, new());

    /// <summary>References of datasets whose records are dropped here.</summary>
    public IReadOnlyList<string> DedupAgainst { get; init; } = [];

    /// <summary>Reference of the model whose hidden states embed the records; null for none.</summary>
    public string? EmbeddingModel { get; init; }

    /// <summary>What the dataset must be like.</summary>
    public ExpectConfig Expect { get; init; } = new();

    /// <summary>Whether the version is sealed without files that cannot be read. Default false.</summary>
    public bool AllowFileErrors { get; init; }

    /// <summary>Whether the records before the cut of a truncated file are accepted. Default false.</summary>
    public bool AcceptPartial { get; init; }

    /// <summary>Rules that drop records, by name of the score.</summary>
    public IReadOnlyList<FilterRule> Filters { get; init; } = [];

    /// <summary>Personal data: what is looked for, and what happens to the record. Default: all kinds, report.</summary>
    public ScanConfig Pii { get; init; } = new(ScanAction.Report, []);

    /// <summary>Keys and passwords. Default: all kinds, quarantine.</summary>
    public ScanConfig SecretsScan { get; init; } = new(ScanAction.Quarantine, []);

    /// <summary>Records that a dataset for evaluation holds, too.</summary>
    public ContaminationConfig Contamination { get; init; } = new([]);

    /// <summary>Which records are kept for evaluation.</summary>
    public SplitConfig Split { get; init; } = new();

    /// <summary>Number of records that are kept: those with the smallest digests keyed by the dataset's id; null for all.</summary>
    public long? MaxSamples { get; init; }

    /// <summary>What one record of a plain text file is. Default paragraph.</summary>
    public TextUnit TextUnit { get; init; }

    /// <summary>Reference of the model whose template and tokenizer show what is seen of the records; null for none.</summary>
    public string? PreviewModel { get; init; }

    /// <summary>How pictures are prepared; null where the records are text.</summary>
    public ImageConfig? Image { get; init; }

    /// <summary>Which films are used; null where the records are none.</summary>
    public VideoConfig? Video { get; init; }

    /// <summary>What is accepted and should be known: keys that do nothing (CFG_IGNORED).</summary>
    [JsonIgnore]
    public IReadOnlyList<Problem> Warnings { get; init; } = [];

    /// <summary>Reads a configuration file.</summary>
    /// <param name="bytes">JSON or YAML.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="scores">Names that <c>filters</c> may use.</param>
    /// <exception cref="TemperException">Every problem at once, each with line and JSON pointer.</exception>
    public static DatasetConfig Parse(ReadOnlySpan<byte> bytes, string file, IReadOnlyCollection<string> scores)
    {
        var problems = new List<Problem>();
        var root = YamlConfig.Read(bytes, file, problems);
        var config = root is null ? null : new UploadConfigReader(new(file, problems), scores).Read(root);
        return config is null || problems.Count > 0 ? throw new TemperException(problems) : config;
    }

    /// <summary>As JSON, every key with its value.</summary>
    public System.Text.Json.JsonElement ToJson() => Wire.ToElement(this);
}

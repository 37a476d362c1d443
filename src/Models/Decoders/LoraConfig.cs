namespace Temper.Models;

/// <summary>Settings of a low-rank adapter, with PEFT's meanings.</summary>
public sealed record LoraConfig
{
    /// <summary>Rank, 1 and up.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>Numerator of the scale alpha / r (or alpha / √r with <see cref="UseRsLora"/>).</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>Dropout on the adapter's input, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Module names or their endings, or the one word <c>all-linear</c>. Empty: the family's default.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [];

    /// <summary>A regular expression for whole module paths instead of <see cref="TargetModules"/>; null for none.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Modules that never get an adapter; wins over <see cref="TargetModules"/>.</summary>
    public IReadOnlyList<string> ExcludeModules { get; init; } = [];

    /// <summary>A regular expression for whole module paths instead of <see cref="ExcludeModules"/>; null for none.</summary>
    public string? ExcludePattern { get; init; }

    /// <summary>Blocks that get an adapter; empty for all. Not together with <see cref="TargetPattern"/>.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [];

    /// <summary>Names of the lists in which <see cref="Layers"/> counts; empty for any.</summary>
    public IReadOnlyList<string> LayersPattern { get; init; } = [];

    /// <summary>Modules that are trained and stored whole, such as <c>lm_head</c>; they never get a low-rank part.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>Rank-stabilised scale (Kalajdzievski 2023, arXiv:2312.03732).</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Length and direction of every output row apart (DoRA, Liu et al. 2024, arXiv:2402.09353).</summary>
    public bool UseDora { get; init; }

    /// <summary>A drawn from N(0, 1/r) instead of ±1/√in.</summary>
    public bool GaussianInit { get; init; }

    /// <summary>Rank by module pattern; the first match wins.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Alpha by module pattern; the first match wins.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>();

    /// <summary>The base as written into adapter_config.json.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The revision of the base as written into adapter_config.json.</summary>
    public string? BaseRevision { get; init; }

    /// <summary>CAUSAL_LM, SEQ_CLS, FEATURE_EXTRACTION or null: by it loaders choose a class.</summary>
    public string? TaskType { get; init; } = "CAUSAL_LM";

    /// <summary>Whether the base stores its weights [in, out], as gpt2 does. The files of the adapter are the same.</summary>
    public bool FanInFanOut { get; init; }

    /// <summary>Factor on B·A for a module: alpha / r, or alpha / √r with <see cref="UseRsLora"/>, both by the patterns.</summary>
    public double ScaleOf(string modulePath) =>
        LoraTargets.Patterned(AlphaPattern, modulePath, Alpha) / (UseRsLora ? Math.Sqrt(RankOf(modulePath)) : RankOf(modulePath));

    /// <summary>Rank for a module.</summary>
    public int RankOf(string modulePath) => LoraTargets.Patterned(RankPattern, modulePath, Rank);

    /// <summary>Reads adapter_config.json. A setting that would change the result and is not supported is an error naming it.</summary>
    public static LoraConfig Parse(ReadOnlySpan<byte> json, string file = "adapter_config.json") => LoraConfigJson.Read(json, file);

    /// <summary>adapter_config.json: keys sorted, indent 2.</summary>
    public byte[] ToJson() => LoraConfigJson.Write(this);
}

using System.Text.Json.Serialization;

namespace Temper.Training.Recipes;

/// <summary>Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685): W x + s·B(A(dropout(x))), s = <c>lora_alpha / r</c>.</summary>
public sealed record LoraSettings
{
    /// <summary>Rank, 1 to 256. Default 16.</summary>
    public int R { get; init; } = 16;

    /// <summary>Numerator of the scale, above 0. Default 32.</summary>
    public double LoraAlpha { get; init; } = 32;

    /// <summary>Share of inputs dropped before A, in [0, 1). Default 0.</summary>
    public double LoraDropout { get; init; }

    /// <summary>Module names or endings of module paths; <c>all-linear</c> (default) is every linear layer but the output head.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [AllLinear];

    /// <summary>Scale by √r instead of r (Kalajdzievski 2023, arXiv:2312.03732). Default false.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Length and direction of every output row apart (DoRA, Liu et al. 2024, arXiv:2402.09353). Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool UseDora { get; init; }

    /// <summary>Modules that get no adapter; wins over <see cref="TargetModules"/>. Null: none.</summary>
    public IReadOnlyList<string>? ExcludeModules { get; init; }

    /// <summary>Modules that are trained and stored whole. Null: none.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>Rank by module pattern, 1 to 256; the first match wins. Null: <see cref="R"/> everywhere.</summary>
    public IReadOnlyDictionary<string, int>? RankPattern { get; init; }

    /// <summary>Alpha by module pattern, above 0; the first match wins. Null: <see cref="LoraAlpha"/> everywhere.</summary>
    public IReadOnlyDictionary<string, double>? AlphaPattern { get; init; }

    /// <summary>Numbers of the blocks that get an adapter, 0 and up. Null: all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>Names of the lists in which <see cref="LayersToTransform"/> counts. Null: any.</summary>
    public IReadOnlyList<string>? LayersPattern { get; init; }

    /// <summary>A from N(0, 1/r) instead of uniform in ±1/√in: null or <c>gaussian</c>.</summary>
    public string? InitLoraWeights { get; init; }

    /// <summary>Learning rate of B over that of A, 1 and up (LoRA+, Hayou et al. 2024, arXiv:2402.12354). Null is 1.</summary>
    public double? LoraplusLrRatio { get; init; }

    /// <summary>Stands for every linear layer but the output head.</summary>
    public const string AllLinear = "all-linear";
}

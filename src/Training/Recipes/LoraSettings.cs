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

    /// <summary>Stands for every linear layer but the output head.</summary>
    public const string AllLinear = "all-linear";
}

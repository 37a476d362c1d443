namespace Temper.Models;

/// <summary>How rotary frequencies are changed for longer texts.</summary>
public enum RotaryKind
{
    /// <summary>Not at all.</summary>
    Default,

    /// <summary>All divided by the factor (Chen et al. 2023, arXiv:2306.15595).</summary>
    Linear,

    /// <summary>The base grows with texts longer than the model was trained on (NTK).</summary>
    Dynamic,

    /// <summary>Low frequencies divided, high ones kept, a ramp between; cosine and sine are scaled (Peng et al. 2023, arXiv:2309.00071).</summary>
    Yarn,

    /// <summary>Llama 3.1's: by wavelength against the original context.</summary>
    Llama3,
}

/// <summary>Settings of <c>rope_scaling</c> or <c>rope_parameters</c>, under transformers' meanings.</summary>
public sealed record RotaryScaling
{
    /// <summary>Which rule.</summary>
    public RotaryKind Kind { get; init; }

    /// <summary>How many times longer the context becomes, 1 and up.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Context the model was trained on; null: <see cref="ModelConfig.MaxPositions"/>.</summary>
    public int? OriginalPositions { get; init; }

    /// <summary>llama3: wavelengths beyond the original context over this are divided in full.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>llama3: wavelengths below the original context over this are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>yarn: frequencies that turn more often than this within the original context are kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>yarn: frequencies that turn less often than this are divided in full.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>yarn: factor on cosine and sine; null: 0.1·ln(<see cref="Factor"/>) + 1.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>yarn: whether the ramp's ends are rounded to whole frequencies.</summary>
    public bool Truncate { get; init; } = true;
}

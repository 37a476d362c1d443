using System.Text.Json.Serialization;

namespace Temper.Training.Recipes;

/// <summary>How weights that are not trained are kept. Names are those of bitsandbytes.</summary>
public sealed record QuantizationSettings
{
    /// <summary>Four bits a weight (QLoRA, Dettmers et al. 2023, arXiv:2305.14314).</summary>
    [JsonPropertyName("load_in_4bit")]
    public bool LoadIn4Bit { get; init; }

    /// <summary>Eight bits a weight and a scale for every row; only weights, not what they are multiplied with.</summary>
    [JsonPropertyName("load_in_8bit")]
    public bool LoadIn8Bit { get; init; }

    /// <summary>The 16 values of four bits: <c>nf4</c>.</summary>
    [JsonPropertyName("bnb_4bit_quant_type")]
    public string QuantType { get; init; } = "nf4";

    /// <summary>Scales are quantised, too. Default false.</summary>
    [JsonPropertyName("bnb_4bit_use_double_quant")]
    public bool UseDoubleQuant { get; init; }

    /// <summary>Weights that share a scale: a power of two from 32 to 4096. Default 64.</summary>
    public int Blocksize { get; init; } = 64;
}

/// <summary>Files for other programs that are published beside the result.</summary>
public sealed record ExportSettings
{
    /// <summary>The whole model as safetensors.</summary>
    public bool Merged { get; init; }

    /// <summary>The whole model as GGUF of this type: <c>f32</c>, <c>f16</c>, <c>bf16</c> or <c>q8_0</c>; null: none.</summary>
    public string? Gguf { get; init; }

    /// <summary>The adapter as GGUF.</summary>
    public bool GgufLora { get; init; }
}

/// <summary>What a run may use.</summary>
public sealed record LimitSettings
{
    /// <summary>Most memory of the engine in GiB; null: no limit.</summary>
    public double? MemoryGib { get; init; }

    /// <summary>Longest time of training; null: no limit. Written as <c>90s</c>, <c>30m</c>, <c>2h</c> or <c>1.5d</c>.</summary>
    [JsonConverter(typeof(DurationJson))]
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Most that training may cost, in the currency of <see cref="CostPerHour"/>; null: no limit.</summary>
    public double? MaxCost { get; init; }

    /// <summary>What an hour of training costs; null: unknown.</summary>
    public double? CostPerHour { get; init; }
}

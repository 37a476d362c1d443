namespace Temper.Models;

/// <summary>Defaults of answering, as in generation_config.json.</summary>
public sealed record GenerationConfig
{
    /// <summary>Tokens that end an answer.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Token before a text.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Filling token.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>False: the most probable token is taken.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divisor of the logits.</summary>
    public double? Temperature { get; init; }

    /// <summary>Smallest set of tokens with this mass, in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>Number of most probable tokens; 0 is all.</summary>
    public int? TopK { get; init; }

    /// <summary>Factor against repetition; 1 is none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Longest answer in tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Reads generation_config.json; eos_token_id may be a number or a list.</summary>
    public static GenerationConfig Parse(ReadOnlySpan<byte> json, string file = "generation_config.json") => throw new NotSupportedException($"{file} {json.Length}");

    /// <summary>generation_config.json.</summary>
    public byte[] ToJson() => throw new NotSupportedException("generation config");
}

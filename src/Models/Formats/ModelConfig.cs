namespace Temper.Models;

/// <summary>What a decoder is, as data: the fields of config.json that change the arithmetic. Today: the llama family.</summary>
public sealed record ModelConfig
{
    /// <summary>Family: <c>llama</c>.</summary>
    public string ModelType { get; init; } = "llama";

    /// <summary>Rows of the embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the gated feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads, a divisor of <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Numbers per head; even.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int MaxPositions { get; init; } = 2048;

    /// <summary>Added under the root of RMSNorm.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Whether the output layer shares the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether q, k, v and o projections have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the feed-forward projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Deviation of random initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Token before a text; null when there is none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens after which an answer ends.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Filling token; null when there is none.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Type in which weights are saved.</summary>
    public StoredType WeightType { get; init; } = StoredType.F32;

    /// <summary>Reads config.json, in the spellings of transformers 4 and 5. Unknown families and rotary types are refused by name.</summary>
    public static ModelConfig Parse(ReadOnlySpan<byte> json, string file = "config.json") => ModelConfigJson.Read(json, file);

    /// <summary>config.json as transformers 4 spells it.</summary>
    public byte[] ToJson() => ModelConfigJson.Write(this);
}

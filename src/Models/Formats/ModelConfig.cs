using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>What stands on top of the last hidden states.</summary>
public enum ModelHead
{
    /// <summary>Logits of the next token.</summary>
    Causal,

    /// <summary>Logits of the labels: a decoder's from the last token of each text, an encoder's from its first row.</summary>
    Classification,

    /// <summary>Nothing: the model embeds.</summary>
    None,
}

/// <summary>What a decoder is, as data: the fields of config.json that change the arithmetic. What its family fixes is not here.
/// The dropout rates that some families' files carry are not used: nothing but adapters is dropped in training.</summary>
public sealed record ModelConfig
{
    /// <summary>Family: gpt2, llama, mistral, qwen2, qwen3 or gemma2.</summary>
    public string ModelType { get; init; } = "llama";

    /// <summary>Rows of the embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads, a divisor of <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Numbers per head; even where positions rotate.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int MaxPositions { get; init; } = 2048;

    /// <summary>Activation of the feed-forward layer.</summary>
    public Act Activation { get; init; } = Act.Silu;

    /// <summary>Added under the root of the norms.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How the frequencies are scaled for long texts.</summary>
    public RotaryScaling Rope { get; init; } = new();

    /// <summary>Whether the output layer shares the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether query, key and value have biases; in most families the output projection then has one too.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the feed-forward projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Width of the sliding window in tokens; 0 for none.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>Per block, whether the window applies; empty: to every block.</summary>
    public IReadOnlyList<bool> SlidingLayers { get; init; } = [];

    /// <summary>Scores are divided by the root of this (Gemma's <c>query_pre_attn_scalar</c>); 0: by the root of <see cref="HeadSize"/>.</summary>
    public double QueryScalar { get; init; }

    /// <summary>GPT-2's <c>scale_attn_weights</c>: false leaves scores as they are.</summary>
    public bool ScaledAttention { get; init; } = true;

    /// <summary>GPT-2's <c>scale_attn_by_inverse_layer_idx</c>: scores of block i are also divided by i + 1.</summary>
    public bool AttentionScaledByLayer { get; init; }

    /// <summary>Soft cap of attention scores; 0 for none.</summary>
    public double AttentionSoftCap { get; init; }

    /// <summary>Soft cap of logits; 0 for none.</summary>
    public double LogitSoftCap { get; init; }

    /// <summary>What stands on top.</summary>
    public ModelHead Head { get; init; }

    /// <summary>Names of the classes of a classifier, in the order of its outputs.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Of a classifier: name of the <see cref="ClassifierHead"/> below it; null: none.</summary>
    public string? HeadName { get; init; }

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

    /// <summary>The row of this model's family.</summary>
    internal DecoderFamily Family => DecoderFamilies.Find(ModelType) ?? throw new ArgumentException($"there is no family '{ModelType}'");

    /// <summary>Reads config.json, in the spellings of transformers 4 and 5. Unknown families and rotary types are refused by name.</summary>
    public static ModelConfig Parse(ReadOnlySpan<byte> json, string file = "config.json") => ModelConfigReader.Read(json, file);

    /// <summary>config.json as transformers 4 spells it.</summary>
    public byte[] ToJson() => ModelConfigJson.Write(this);

    /// <summary>Tokens that block <paramref name="layer"/> looks back on, itself included; 0: all.</summary>
    public int WindowOf(int layer) => SlidingLayers.Count == 0 || SlidingLayers[layer] ? SlidingWindow : 0;
}

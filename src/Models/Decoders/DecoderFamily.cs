namespace Temper.Models;

/// <summary>How a family normalises.</summary>
public enum NormKind
{
    /// <summary>RMSNorm times w.</summary>
    Rms,

    /// <summary>RMSNorm times (1 + w).</summary>
    RmsPlusOne,

    /// <summary>LayerNorm with a bias.</summary>
    Layer,
}

/// <summary>Which blocks a sliding window applies to where config.json does not list them.</summary>
public enum WindowRule
{
    /// <summary>The family has none.</summary>
    None,

    /// <summary>All, when a window is set.</summary>
    Every,

    /// <summary>The first, the third and so on.</summary>
    Even,

    /// <summary>From <c>max_window_layers</c> on, when <c>use_sliding_window</c>.</summary>
    FromLayer,
}

/// <summary>Whether linear modules have biases.</summary>
public enum BiasRule
{
    /// <summary>Never, whatever config.json says.</summary>
    Never,

    /// <summary>Always.</summary>
    Always,

    /// <summary>As config.json says; not when it is silent.</summary>
    AsConfigured,
}

/// <summary>Names of a family's modules in its files; null where it has no such module.</summary>
public sealed record DecoderNames
{
    public string Root { get; init; } = "model.";

    public string Embedding { get; init; } = "embed_tokens";

    /// <summary>Table of learned positions.</summary>
    public string? Positions { get; init; }

    public string Blocks { get; init; } = "layers";

    public string InputNorm { get; init; } = "input_layernorm";

    /// <summary>Query, key and value in one module.</summary>
    public string? Fused { get; init; }

    public string Query { get; init; } = "self_attn.q_proj";

    public string Key { get; init; } = "self_attn.k_proj";

    public string Value { get; init; } = "self_attn.v_proj";

    public string Output { get; init; } = "self_attn.o_proj";

    /// <summary>Norms over each head of queries and keys, before rotation.</summary>
    public (string Query, string Key)? HeadNorms { get; init; }

    /// <summary>Norm of what attention adds to the stream.</summary>
    public string? AttentionOutputNorm { get; init; }

    public string FeedForwardNorm { get; init; } = "post_attention_layernorm";

    public string? Gate { get; init; } = "mlp.gate_proj";

    public string Up { get; init; } = "mlp.up_proj";

    public string Down { get; init; } = "mlp.down_proj";

    /// <summary>Norm of what the feed-forward layer adds to the stream.</summary>
    public string? FeedForwardOutputNorm { get; init; }

    public string FinalNorm { get; init; } = "norm";
}

/// <summary>What makes a family of decoders, as data: everything about it that config.json does not say, and the values of transformers'
/// configuration class where it is silent.</summary>
public sealed record DecoderFamily
{
    /// <summary><c>model_type</c> of config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>First entry of <c>architectures</c> for a model that predicts tokens.</summary>
    public required string CausalClass { get; init; }

    /// <summary>First entry of <c>architectures</c> for a model that classifies.</summary>
    public string ClassifierClass => BaseClass[..^"Model".Length] + "ForSequenceClassification";

    /// <summary>First entry of <c>architectures</c> for a model without a head.</summary>
    public required string BaseClass { get; init; }

    public DecoderNames Names { get; init; } = new();

    public NormKind Norm { get; init; }

    public WindowRule Window { get; init; }

    /// <summary>Biases of query, key and value.</summary>
    public BiasRule AttentionBias { get; init; }

    /// <summary>Whether the output projection has a bias when query, key and value have.</summary>
    public bool OutputBias { get; init; } = true;

    public BiasRule MlpBias { get; init; }

    /// <summary>Linear weights lie in files as [in, out].</summary>
    public bool Transposed { get; init; }

    /// <summary>Embeddings are multiplied by √(width), rounded to the type of computation.</summary>
    public bool ScaledEmbedding { get; init; }

    /// <summary>Has <c>query_pre_attn_scalar</c> and soft caps on attention and logits.</summary>
    public bool Capped { get; init; }

    /// <summary>config.json's key of the activation, and its value where it is silent.</summary>
    public (string Key, string Value) Activation { get; init; } = ("hidden_act", "silu");

    /// <summary>Key/value heads where config.json is silent; 0: as many as query heads.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Head size where config.json is silent; 0: width / heads.</summary>
    public int HeadSize { get; init; }

    public int MaxPositions { get; init; } = 2048;

    public bool Tied { get; init; }

    /// <summary>What an adapter targets when it does not say.</summary>
    public IReadOnlyList<string> AdapterTargets { get; init; } = ["q_proj", "v_proj"];
}

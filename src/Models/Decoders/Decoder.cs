using Temper.Tensors;

namespace Temper.Models;

/// <summary>A weight under its name in the model's files.</summary>
/// <param name="Name">For example <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Tensor">The engine's tensor; a parameter when it is trained.</param>
public sealed record NamedTensor(string Name, Tensor Tensor);

/// <summary>How one pass through a decoder is made.</summary>
public sealed record ForwardOptions
{
    /// <summary>Low-rank adapter added to the base; null for the base alone.</summary>
    public LoraAdapter? Adapter { get; init; }

    /// <summary>Recompute each block in the backward pass instead of keeping its activations. Bits do not change.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Dropout on the adapter's input: seed, update and micro-batch; null for none (always when not training).</summary>
    public RandomKey? DropoutKey { get; init; }
}

/// <summary>A decoder-only transformer built from a <see cref="ModelConfig"/> on an engine. It owns its weights; create it outside engine scopes.
/// One thread uses it at a time.</summary>
public sealed class Decoder : IDisposable
{
    /// <summary>Random weights (N(0, <see cref="ModelConfig.InitializerRange"/>), norms 1), a pure function of <paramref name="seed"/>; all trainable.</summary>
    public static Decoder Create(IEngine engine, ModelConfig config, ulong seed) => throw new NotSupportedException($"{engine} {config} {seed}");

    /// <summary>Weights by name. <paramref name="trainable"/> picks the ones that are trained; null freezes all.</summary>
    public static Decoder Load(IEngine engine, ModelConfig config, WeightFiles weights, Func<string, bool>? trainable = null) =>
        throw new NotSupportedException($"{engine} {config} {weights} {trainable}");

    /// <summary>What it is.</summary>
    public ModelConfig Config => throw new NotSupportedException("decoder");

    /// <summary>Where it computes.</summary>
    public IEngine Engine => throw new NotSupportedException("decoder");

    /// <summary>All weights in the order of the files' names.</summary>
    public IReadOnlyList<NamedTensor> Weights => throw new NotSupportedException("decoder");

    /// <summary>The weights that are trained.</summary>
    public IReadOnlyList<NamedTensor> Trainable => throw new NotSupportedException("decoder");

    /// <summary>Normed hidden states of every token: [tokens, HiddenSize].</summary>
    public Tensor Hidden(PackedBatch batch, ForwardOptions? options = null) => throw new NotSupportedException($"{batch} {options}");

    /// <summary>Logits of hidden states: [rows, VocabularySize].</summary>
    public Tensor Logits(Tensor hidden) => throw new NotSupportedException($"{hidden}");

    /// <summary>Summed loss over the labels of the batch: the hidden state of token t predicts token t + 1 of the same document.</summary>
    public TokenLoss Loss(PackedBatch batch, ForwardOptions? options = null) => throw new NotSupportedException($"{batch} {options}");

    /// <summary>Mean hidden state of each document: [documents, HiddenSize].</summary>
    public Tensor Embed(PackedBatch batch, ForwardOptions? options = null) => throw new NotSupportedException($"{batch} {options}");

    /// <summary>Appends tokens to cached sequences and returns the logits after the last token of each: [appends, VocabularySize].
    /// Records no graph. The bits are those of <see cref="Hidden"/> over the whole sequence.</summary>
    public Tensor Append(KvCache cache, IReadOnlyList<CacheAppend> appends, LoraAdapter? adapter = null) => throw new NotSupportedException($"{cache} {appends} {adapter}");

    /// <summary>Promises that the weights do not change any more, so that decoding may use faster copies.</summary>
    public void Prepack() => throw new NotSupportedException("decoder");

    /// <summary>Frees the weights.</summary>
    public void Dispose() { }
}

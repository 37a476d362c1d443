using Temper.Tensors;

namespace Temper.Models;

/// <summary>A weight under its name in the model's files.</summary>
/// <param name="Name">For example <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Tensor">The engine's tensor; a parameter when it is trained.</param>
public sealed record NamedTensor(string Name, Tensor Tensor)
{
    /// <summary>Files hold this matrix the other way round, as [in, out] (GPT-2).</summary>
    public bool Transposed { get; init; }

    /// <summary>The narrow form it is kept in; null in the engine's compute type.</summary>
    public FrozenForm? Form { get; init; }

    /// <summary>Bytes that it takes, scales included; 4 a number where it is not narrow.</summary>
    public double Bytes => Tensor.Count * Form switch
    {
        FrozenForm.BF16 => 2,
        FrozenForm.Int8 => 1.125,
        FrozenForm.NF4 => 0.5625,
        FrozenForm.NF4Nested => 0.515625 + 1.0 / (64 * 64),
        _ => 4,
    };

    /// <summary>Shape in files.</summary>
    public long[] FileShape => Transposed ? [Tensor.Size(1), Tensor.Size(0)] : Tensor.Shape.ToArray();
}

/// <summary>What is computed again in the backward pass to save memory.</summary>
public enum Recomputation
{
    /// <summary>Nothing: all activations are kept.</summary>
    Nothing,

    /// <summary>The feed-forward half of each block, which holds most of the activations: about a quarter more products in a LoRA step.</summary>
    FeedForward,

    /// <summary>Whole blocks (Chen et al. 2016, arXiv:1604.06174): the least memory, about half as many products again in a LoRA step.</summary>
    Blocks,
}

/// <summary>How one pass through a decoder is made.</summary>
public sealed record ForwardOptions
{
    /// <summary>The base alone, nothing recomputed, no dropout.</summary>
    internal static readonly ForwardOptions Default = new();

    /// <summary>Low-rank adapter added to the base; null for the base alone.</summary>
    public LoraAdapter? Adapter { get; init; }

    /// <summary>What the backward pass computes again instead of keeping it. Bits do not change.</summary>
    public Recomputation Recompute { get; init; }

    /// <summary>Dropout on the adapter's input: seed, stream, update and micro-batch (every module takes its own site); null for none, as always
    /// when not training.</summary>
    public RandomKey? DropoutKey { get; init; }

    /// <summary>Noise on the embeddings (NEFTune, Jain et al. 2023, arXiv:2310.05914): seed, stream, update and micro-batch; null for none, as always when
    /// not training.</summary>
    public RandomKey? NoiseKey { get; init; }

    /// <summary>Size of that noise: uniform in ±alpha / √(L·d) for a document of L tokens and embeddings of d numbers.</summary>
    public double NoiseAlpha { get; init; }

    /// <summary>Share of a label that all entries of the vocabulary have evenly, in [0, 1).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Called with the input of each block, by its number, and with the output of the last under the next number; what it returns, of the same shape and
    /// values, goes on. Null: not called.</summary>
    public Func<int, Tensor, Tensor>? Border { get; init; }
}

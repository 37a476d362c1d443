namespace Temper.Tensors;

/// <summary>Pointwise activations.</summary>
public enum Act
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·σ(x).</summary>
    Silu,

    /// <summary>x·Φ(x), with the normal distribution function.</summary>
    GeluErf,

    /// <summary>x/2·(1 + tanh(√(2/π)(x + 0.044715x³))).</summary>
    GeluTanh,

    /// <summary>x·σ(1.702x).</summary>
    QuickGelu,
}

/// <summary>Dropout as a pure function of counters: element e is dropped when the first 32 random bits of
/// (<paramref name="Key"/>, e) are below P·2³²; kept elements are multiplied by 1/(1 - P).</summary>
/// <param name="P">Share of elements dropped, in [0, 1). 0 leaves the tensor alone.</param>
/// <param name="Key">Seed, stream, update, micro-batch and site. Every site of a model takes its own.</param>
public readonly record struct DropoutSpec(float P, RandomKey Key);

/// <summary>Loss of a batch, all of it still on the engine.</summary>
/// <param name="Sum">Scalar: Σ -log p(target) over supervised rows. <see cref="IEngine.Backward"/> with scale
/// 1 / (supervised tokens of the whole update) gives the mean over that update.</param>
/// <param name="Tokens">I32 scalar: rows with a target of 0 or more.</param>
/// <param name="Correct">I32 scalar: supervised rows whose largest logit (the first of equals) is the target.</param>
public readonly record struct TokenLoss(Tensor Sum, Tensor Tokens, Tensor Correct);

using System.Globalization;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Objectives;

/// <summary>A model with a head that classifies, as its objective sees it: a backbone that makes one row of numbers of an input, and a head on top.</summary>
public abstract class ClassModel : IDisposable
{
    /// <summary>Where it is computed.</summary>
    public abstract IEngine Engine { get; }

    /// <summary>Names of the classes.</summary>
    public abstract IReadOnlyList<string> Labels { get; }

    /// <summary>What may be trained, in a fixed order.</summary>
    public abstract IReadOnlyList<NamedTensor> Trained { get; }

    /// <summary>Settings of the adapter; null where there is none.</summary>
    public virtual byte[]? AdapterConfig => null;

    /// <summary>Bytes of what is not trained.</summary>
    public abstract double FrozenBytes { get; }

    /// <summary>Most tokens of an input; 0 for images.</summary>
    public abstract int MaxTokens { get; }

    /// <summary>Rows of the embedding; 0 for images.</summary>
    public abstract int Vocabulary { get; }

    /// <summary>What the head sees: [inputs, HiddenSize].</summary>
    public abstract Tensor Features(MicroBatch micro, float[]? pixels, in LossPass pass);

    /// <summary>Logits: [inputs, labels].</summary>
    public abstract Tensor Logits(Tensor features);

    /// <summary>log p of the classes: [inputs].</summary>
    public abstract Tensor LogProbs(Tensor features, int[] classes);

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected abstract void Dispose(bool disposing);
}

/// <summary>Which part of a model a weight belongs to, from its name in files: the same rule for all families.</summary>
public static class WeightPlace
{
    private static readonly string[] Heads = ["score", "classifier"];
    private static readonly string[] Inputs = ["embed_tokens", "embeddings", "wte", "wpe"];

    /// <summary>Whether it is of the head that classifies.</summary>
    public static bool IsHead(string name) => name.Split('.').Any(Heads.Contains);

    /// <summary>Number of its block; -1 for embeddings; null for what stands behind the blocks.</summary>
    public static int? Block(string name)
    {
        var parts = name.Split('.');
        foreach (var part in parts)
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var block))
                return block;
        return parts.Any(Inputs.Contains) ? -1 : null;
    }
}

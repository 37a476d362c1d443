using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Objectives;

/// <summary>BERT or ViT with a classifier; all of it, or an adapter and the head.</summary>
/// <param name="model">Owned.</param>
/// <param name="checkpointing">Whether blocks are computed again in the backward pass.</param>
/// <param name="adapter">What is trained instead of the model's own weights; null for none. Owned.</param>
public sealed class EncoderClassifier(Encoder model, bool checkpointing, LoraAdapter? adapter = null) : ClassModel
{
    /// <inheritdoc/>
    public override IEngine Engine => model.Engine;

    /// <summary>The model.</summary>
    public Encoder Model => model;

    /// <summary>The adapter; null for none.</summary>
    public LoraAdapter? Adapter => adapter;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Labels => model.Config.Labels;

    /// <inheritdoc/>
    public override IReadOnlyList<NamedTensor> Trained { get; } = adapter?.Weights ?? model.Trainable;

    /// <inheritdoc/>
    public override byte[]? AdapterConfig => adapter?.Config.ToJson();

    /// <inheritdoc/>
    public override double FrozenBytes => 4.0 * (model.Weights.Sum(w => w.Tensor.Count) - model.Trainable.Sum(w => w.Tensor.Count));

    /// <inheritdoc/>
    public override int MaxTokens => model.Config.MaxPositions;

    /// <inheritdoc/>
    public override int Vocabulary => model.Config.VocabularySize;

    /// <inheritdoc/>
    public override Tensor Features(MicroBatch micro, float[]? pixels, in LossPass pass)
    {
        var options = EncoderPasses.Options(adapter, checkpointing, pass);
        return pixels is null
            ? model.Features(model.Hidden(micro.Batch, options), micro.Batch.Lengths, options)
            : model.Features(model.Hidden(pixels, options), [.. Enumerable.Repeat(1 + model.Config.Patches, micro.Records.Count)], options);
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor features) => model.Classify(features, adapter);

    /// <inheritdoc/>
    public override Tensor LogProbs(Tensor features, int[] classes) => model.ClassLogProbs(features, classes, adapter);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        adapter?.Dispose();
        model.Dispose();
    }
}

/// <summary>How a pass of training goes through an encoder.</summary>
internal static class EncoderPasses
{
    /// <summary>With the adapter, its dropout while training, and blocks computed again where that is asked for.</summary>
    public static ForwardOptions Options(LoraAdapter? adapter, bool checkpointing, in LossPass pass) => new()
    {
        Adapter = adapter,
        Recompute = checkpointing && pass.Training ? Recomputation.Blocks : Recomputation.Nothing,
        DropoutKey = adapter is { Config.Dropout: > 0 } ? pass.Key(RandomStreams.Dropout) : null,
        Border = pass.Border,
    };
}

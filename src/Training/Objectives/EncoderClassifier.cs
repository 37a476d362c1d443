using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Objectives;

/// <summary>BERT or ViT with a classifier.</summary>
/// <param name="model">Owned.</param>
/// <param name="checkpointing">Whether blocks are computed again in the backward pass.</param>
public sealed class EncoderClassifier(Encoder model, bool checkpointing) : ClassModel
{
    /// <inheritdoc/>
    public override IEngine Engine => model.Engine;

    /// <summary>The model.</summary>
    public Encoder Model => model;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Labels => model.Config.Labels;

    /// <inheritdoc/>
    public override IReadOnlyList<NamedTensor> Trained { get; } = model.Trainable;

    /// <inheritdoc/>
    public override double FrozenBytes => 4.0 * (model.Weights.Sum(w => w.Tensor.Count) - Trained.Sum(w => w.Tensor.Count));

    /// <inheritdoc/>
    public override int MaxTokens => model.Config.MaxPositions;

    /// <inheritdoc/>
    public override int Vocabulary => model.Config.VocabularySize;

    /// <inheritdoc/>
    public override Tensor Features(MicroBatch micro, float[]? pixels, in LossPass pass)
    {
        var again = checkpointing && pass.Training;
        return pixels is null
            ? model.Features(model.Hidden(micro.Batch, checkpointing: again, border: pass.Border), micro.Batch.Lengths)
            : model.Features(model.Hidden(pixels, again, pass.Border), [.. Enumerable.Repeat(1 + model.Config.Patches, micro.Records.Count)]);
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor features) => model.Classify(features);

    /// <inheritdoc/>
    public override Tensor LogProbs(Tensor features, int[] classes) => model.ClassLogProbs(features, classes);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => model.Dispose();
}

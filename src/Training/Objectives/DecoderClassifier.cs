using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Objectives;

/// <summary>A decoder that classifies a text by its last token; all of it, or an adapter and the head.</summary>
/// <param name="causal">The model and how it is gone through. Owned.</param>
public sealed class DecoderClassifier(CausalObjective causal) : ClassModel
{
    /// <inheritdoc/>
    public override IEngine Engine => causal.Engine;

    /// <summary>The model.</summary>
    public Decoder Model => causal.Model;

    /// <summary>The adapter; null for none.</summary>
    public LoraAdapter? Adapter => causal.Adapter;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Labels => causal.Model.Config.Labels;

    /// <inheritdoc/>
    public override IReadOnlyList<NamedTensor> Trained => causal.Trained;

    /// <inheritdoc/>
    public override byte[]? AdapterConfig => causal.AdapterConfig;

    /// <inheritdoc/>
    public override double FrozenBytes => causal.FrozenBytes;

    /// <inheritdoc/>
    public override int MaxTokens => causal.Model.Config.MaxPositions;

    /// <inheritdoc/>
    public override int Vocabulary => causal.Model.Config.VocabularySize;

    /// <inheritdoc/>
    public override Tensor Features(MicroBatch micro, float[]? pixels, in LossPass pass) => causal.Model.LastStates(micro.Batch, causal.Options(pass));

    /// <inheritdoc/>
    public override Tensor Logits(Tensor features) => causal.Model.Classify(features, causal.Adapter);

    /// <inheritdoc/>
    public override Tensor LogProbs(Tensor features, int[] classes) => causal.Model.ClassLogProbs(features, classes, causal.Adapter);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        causal.Adapter?.Dispose();
        causal.Model.Dispose();
    }
}

using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>
/// Texts that belong together near each other: of every pair the second must be nearer to the first than the seconds of all other pairs of its micro-batch (in-batch
/// negatives, Henderson et al. 2017, arXiv:1705.00652): cross-entropy of 20 · cosine. A larger micro-batch asks more, so the split into micro-batches matters here.
/// </summary>
/// <param name="encoder">Reads texts. Not owned.</param>
/// <param name="pooling">How it makes one vector of a text.</param>
/// <param name="checkpointing">Whether blocks are computed again in the backward pass.</param>
/// <param name="adapter">What is trained instead of the encoder's own weights; null for none. Not owned.</param>
public sealed class EmbeddingObjective(Encoder encoder, SentencePooling pooling, bool checkpointing, LoraAdapter? adapter = null) : IObjective
{
    /// <summary>Factor on the cosine.</summary>
    public const double Scale = 20;

    /// <inheritdoc/>
    public IEngine Engine => encoder.Engine;

    /// <summary>The model.</summary>
    public Encoder Model => encoder;

    /// <summary>The adapter; null for none.</summary>
    public LoraAdapter? Adapter => adapter;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trained { get; } = adapter?.Weights ?? encoder.Trainable;

    /// <inheritdoc/>
    public byte[]? AdapterConfig => adapter?.Config.ToJson();

    /// <inheritdoc/>
    public double FrozenBytes => 4.0 * (encoder.Weights.Sum(w => w.Tensor.Count) - encoder.Trainable.Sum(w => w.Tensor.Count));

    /// <inheritdoc/>
    public UnitNames Names => UnitNames.TextPairs;

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(Recipe recipe)
    {
        if (recipe.Data.Packing)
            yield return new("exclusive", "Pairs of texts cannot be packed.") { Path = "data.packing" };
        if (recipe.Training.PerDeviceTrainBatchSize < 2)
            yield return new("out_of_range", "The other pairs of a micro-batch are what a pair is told from: per_device_train_batch_size must be 2 or more.") { Path = "training.per_device_train_batch_size" };
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(TrainExample example, Recipe recipe)
    {
        if (example.Documents is not [> 0 and var one, > 0 and var other])
            yield return new("data_needs_pairs", $"Record {example.Record.Short} is not a pair of texts.") { Value = example.Record.Hex };
        else if (Math.Max(one, other) > encoder.Config.MaxPositions)
            yield return new("data_too_long", $"Record {example.Record.Short} has a text of {Math.Max(one, other)} tokens; the model takes {encoder.Config.MaxPositions}.") { Value = example.Record.Hex };
    }

    /// <inheritdoc/>
    public MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen) => CausalObjective.LayTokens(index, chosen) with { Units = chosen.Count };

    /// <inheritdoc/>
    public StepLoss Loss(MicroBatch micro, in LossPass pass)
    {
        var vectors = Vectors(micro.Batch, pass);
        var pairs = Engine.Reshape(vectors, micro.Units, 2L * encoder.Config.HiddenSize);
        var (first, second) = (Engine.Narrow(pairs, 1, 0, encoder.Config.HiddenSize), Engine.Narrow(pairs, 1, encoder.Config.HiddenSize, encoder.Config.HiddenSize));
        int[] own = [.. Enumerable.Range(0, (int)micro.Units)];
        var loss = Engine.LinearCrossEntropy(Engine.Scale(first, Scale), second, Engine.FromInts(own, own.Length));
        return new(loss.Sum, loss.Correct);
    }

    /// <summary>Vectors of length 1: [texts, HiddenSize].</summary>
    internal Tensor Vectors(PackedBatch texts, in LossPass pass)
    {
        var hidden = encoder.Hidden(texts, EncoderPasses.Options(adapter, checkpointing, pass));
        var pooled = pooling.FirstToken ? Engine.Gather(hidden, Engine.FromInts(First(texts.Lengths), texts.Lengths.Length)) : Engine.SegmentMean(hidden, texts.Lengths);
        // x / √(mean x²) has the length √d.
        var unit = Engine.FromFloats([.. Enumerable.Repeat((float)(1 / Math.Sqrt(encoder.Config.HiddenSize)), encoder.Config.HiddenSize)], encoder.Config.HiddenSize);
        return Engine.RmsNorm(pooled, unit, 1e-12);
    }

    private static int[] First(int[] lengths)
    {
        var (rows, at) = (new int[lengths.Length], 0);
        for (var i = 0; i < rows.Length; at += lengths[i++])
            rows[i] = at;
        return rows;
    }
}

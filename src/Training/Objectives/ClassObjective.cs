using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Factories;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>
/// The class of a text or an image: weighted cross-entropy, one unit an input. Inputs of a class with weight w count w times; the sum is divided by the number of
/// inputs of the update, so that the split into micro-batches does not matter.
/// </summary>
/// <param name="model">With its head. Not owned.</param>
/// <param name="weights">Of the classes, in the order of the labels; null: all 1.</param>
/// <param name="stages">What is trained when.</param>
/// <param name="images">Reads images; null for texts.</param>
/// <param name="augmentation">Random changes of images; null: none.</param>
/// <param name="loss">What is trained with instead of cross-entropy; null: that.</param>
/// <param name="smoothing">Share of the target that is spread over all classes, in [0, 1).</param>
public sealed class ClassObjective(ClassModel model, float[]? weights, Stages stages, ImageSource? images = null, ImageAugmentation? augmentation = null, UnitLoss? loss = null, double smoothing = 0) : IObjective
{
    private int _thawed;

    /// <summary>The model.</summary>
    public ClassModel Model => model;

    /// <inheritdoc/>
    public IEngine Engine => model.Engine;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trained => model.Trained;

    /// <inheritdoc/>
    public byte[]? AdapterConfig => model.AdapterConfig;

    /// <inheritdoc/>
    public double FrozenBytes => model.FrozenBytes;

    /// <inheritdoc/>
    public UnitNames Names => UnitNames.Examples;

    /// <summary>The 0-based step from which on the backbone is trained: the first one after <see cref="Stages.FromEpoch"/> epochs.</summary>
    public void ThawAt(int step) => _thawed = step;

    /// <inheritdoc/>
    public double RateScale(string name) => stages.Scale(name);

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(Recipe recipe)
    {
        if (recipe.Data.Packing)
            yield return new("exclusive", "Inputs that get a class each cannot be packed.") { Path = "data.packing" };
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(TrainExample example, Recipe recipe)
    {
        if (example.Class is not { } number || number >= model.Labels.Count)
            yield return new("data_needs_labels", $"Record {example.Record.Short} has no class of the model.") { Value = example.Record.Hex };
        if (images is null && (example.Tokens.Length == 0 || example.Tokens.Length > model.MaxTokens))
            yield return new("data_too_long", $"Record {example.Record.Short} has {example.Tokens.Length} tokens; the model takes 1 to {model.MaxTokens}.") { Value = example.Record.Hex };
        if (images is null && example.Tokens.Any(t => t < 0 || t >= model.Vocabulary))
            yield return new("vocab_mismatch", $"Record {example.Record.Short} has token {example.Tokens.Max()}, but the model's embedding has {model.Vocabulary} rows.") { Value = example.Record.Hex };
    }

    /// <inheritdoc/>
    public MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen) => CausalObjective.LayTokens(index, chosen) with
    {
        Units = chosen.Count,
        Classes = [.. chosen.Select(example => example.Class ?? -1)],
        Pixels = images?.Read([.. chosen.Select(example => example.Image!.Value)]),
    };

    /// <inheritdoc/>
    public StepLoss Loss(MicroBatch micro, in LossPass pass)
    {
        var pixels = micro.Pixels is { } plain && augmentation is not null && pass.Key(RandomStreams.Augmentation) is { } key ? augmentation.Apply(plain, key) : micro.Pixels;
        var features = Features(micro, pixels, pass);
        var logProbs = model.LogProbs(features, micro.Classes!);
        var losses = loss is not null && pass.Training ? loss(new(Engine, logProbs, micro)) : Engine.Scale(logProbs, smoothing > 0 && pass.Training ? smoothing - 1 : -1);
        if (smoothing > 0 && pass.Training)
            losses = Engine.Add(losses, Engine.Scale(OverAll(features, micro.Classes!.Length), -smoothing / model.Labels.Count));
        if (weights is not null)
            losses = Engine.Mul(losses, Engine.FromFloats([.. micro.Classes!.Select(c => weights[c])], micro.Classes!.Length));
        var right = Predictions(features).Zip(micro.Classes!).Count(pair => pair.First == pair.Second);
        return new(Engine.Sum(losses, 0), Engine.FromFloats([right], 1));
    }

    /// <summary>The most probable class of each input; of several the first.</summary>
    public int[] Predict(MicroBatch micro)
    {
        using var frozen = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        return Predictions(model.Features(micro, micro.Pixels, LossPass.Measured));
    }

    /// <summary>Logits of a batch, [inputs · labels].</summary>
    internal float[] Logits(MicroBatch micro)
    {
        using var frozen = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        return Engine.ToFloats(model.Logits(model.Features(micro, micro.Pixels, LossPass.Measured)));
    }

    /// <summary>While the backbone waits, nothing of it is recorded, so that none of its weights gets a gradient and none changes.</summary>
    private Tensor Features(MicroBatch micro, float[]? pixels, in LossPass pass)
    {
        if (pass.Step >= _thawed || !pass.Training)
            return model.Features(micro, pixels, pass);
        using var frozen = Engine.NoGrad();
        return model.Features(micro, pixels, pass);
    }

    /// <summary>Sum over all classes of log p of each, for every input.</summary>
    private Tensor OverAll(Tensor features, int inputs)
    {
        var sum = model.LogProbs(features, new int[inputs]);
        for (var c = 1; c < model.Labels.Count; c++)
            sum = Engine.Add(sum, model.LogProbs(features, [.. Enumerable.Repeat(c, inputs)]));
        return sum;
    }

    private int[] Predictions(Tensor features)
    {
        using var frozen = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        var (logits, count) = (Engine.ToFloats(model.Logits(features)), model.Labels.Count);
        return [.. Enumerable.Range(0, logits.Length / count).Select(row =>
        {
            var scores = logits.AsSpan(row * count, count);
            var best = 0;
            for (var i = 1; i < count; i++)
                if (scores[i] > scores[best])
                    best = i;
            return best;
        })];
    }
}

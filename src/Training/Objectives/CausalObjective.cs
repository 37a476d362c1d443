using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Factories;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>The next token of supervised text: cross-entropy, one unit a supervised token.</summary>
public sealed class CausalObjective : IObjective
{
    private readonly Recomputation _recompute;
    private readonly bool _dropout;
    private readonly double _noise, _smoothing;
    private readonly UnitLoss? _loss;

    /// <summary>Trains <paramref name="adapter"/>, or the trainable weights of <paramref name="model"/> where there is none. Neither is owned.</summary>
    public CausalObjective(Decoder model, LoraAdapter? adapter, Recipe recipe)
    {
        (Model, Adapter) = (model, adapter);
        _recompute = recipe.Training.GradientCheckpointing ? Recomputation.Blocks : Recomputation.Nothing;
        _dropout = recipe.Lora is { LoraDropout: > 0 };
        (_noise, _smoothing) = (recipe.Training.NeftuneNoiseAlpha ?? 0, recipe.Training.LabelSmoothingFactor);
        _loss = recipe.Task is TrainingTask.CausalLm or TrainingTask.Pretrain ? recipe.Training.Parts.LossOf(recipe.Training) : null;
        Trained = adapter?.Weights ?? model.Trainable;
    }

    /// <summary>The model.</summary>
    public Decoder Model { get; }

    /// <summary>The adapter that is trained; null for full fine-tuning.</summary>
    public LoraAdapter? Adapter { get; }

    /// <inheritdoc/>
    public IEngine Engine => Model.Engine;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trained { get; }

    /// <inheritdoc/>
    public byte[]? AdapterConfig => Adapter?.Config.ToJson();

    /// <inheritdoc/>
    public double FrozenBytes => Model.Weights.Sum(w => w.Bytes) - (Adapter is null ? 4.0 * Model.Trainable.Sum(w => w.Tensor.Count) : 0);

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(Recipe recipe)
    {
        if (recipe.Data.MaxLength > Model.Config.MaxPositions)
            yield return new("length_beyond_model", $"max_length is {recipe.Data.MaxLength}, but the model takes at most {Model.Config.MaxPositions} tokens.") { Path = "data.max_length" };
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(TrainExample example, Recipe recipe)
    {
        var rows = Model.Config.VocabularySize;
        if (example.SupervisedCount == 0)
            yield return new("no_supervised_tokens", $"Record {example.Record.Short} has no token to learn from.") { Value = example.Record.Hex };
        if (example.Tokens.Length > recipe.Data.MaxLength)
            yield return new("data_too_long", $"Record {example.Record.Short} has {example.Tokens.Length} tokens; max_length is {recipe.Data.MaxLength}.") { Value = example.Record.Hex };
        if (example.Tokens.Any(t => t < 0 || t >= rows))
            yield return new("vocab_mismatch", $"Record {example.Record.Short} has token {example.Tokens.Max()}, but the model's embedding has {rows} rows.") { Value = example.Record.Hex };
    }

    /// <inheritdoc/>
    public MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen) => LayTokens(index, chosen);

    /// <inheritdoc/>
    public StepLoss Loss(MicroBatch micro, in LossPass pass)
    {
        if (_loss is not null && pass.Training)
            return Own(_loss, micro, Options(pass));
        var loss = Model.Loss(micro.Batch, Options(pass));
        return new(loss.Sum, loss.Correct);
    }

    /// <summary>A loss of the recipe's choice: what it says where there is no label does not count.</summary>
    private StepLoss Own(UnitLoss loss, MicroBatch micro, ForwardOptions options)
    {
        var (logProbs, correct) = Model.Scored(micro.Batch, options);
        var (counts, start) = (new float[micro.Batch.Tokens.Length], 0);
        foreach (var length in micro.Batch.Lengths)
        {
            for (var t = start; t < start + length - 1; t++)
                counts[t] = micro.Batch.Supervised![t + 1] ? 1 : 0;
            start += length;
        }
        var units = Engine.Mul(loss(new(Engine, logProbs, micro)), Engine.FromFloats(counts, counts.Length));
        return new(Engine.Sum(units, 0), correct);
    }

    /// <summary>How the pass goes through the decoder.</summary>
    internal ForwardOptions Options(in LossPass pass) => new()
    {
        Adapter = Adapter,
        Recompute = pass.Training ? _recompute : Recomputation.Nothing,
        DropoutKey = _dropout ? pass.Key(RandomStreams.Dropout) : null,
        NoiseKey = _noise > 0 ? pass.Key(RandomStreams.EmbeddingNoise) : null,
        NoiseAlpha = _noise,
        LabelSmoothing = pass.Training ? _smoothing : 0,
        Border = pass.Border,
    };

    /// <summary>Tokens and labels end to end; a unit is a supervised token.</summary>
    internal static MicroBatch LayTokens(int index, IReadOnlyList<TrainExample> chosen)
    {
        var lengths = new List<int>(chosen.Count);
        var (records, total, units) = (new Core.Ids.Digest[chosen.Count], 0, 0L);
        for (var i = 0; i < chosen.Count; i++)
        {
            lengths.AddRange(chosen[i].Documents ?? [chosen[i].Tokens.Length]);
            records[i] = chosen[i].Record;
            (total, units) = (total + chosen[i].Tokens.Length, units + chosen[i].SupervisedCount);
        }
        var (tokens, supervised, at) = (new int[total], new bool[total], 0);
        foreach (var example in chosen)
        {
            example.Tokens.CopyTo(tokens, at);
            example.Supervised.CopyTo(supervised, at);
            at += example.Tokens.Length;
        }
        return new(index, new PackedBatch(tokens, [.. lengths]) { Supervised = supervised }, records, units);
    }
}

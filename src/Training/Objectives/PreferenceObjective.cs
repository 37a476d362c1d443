using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>
/// Of two answers the better one: DPO, IPO and ORPO. A pair is two documents end to end, the chosen answer first; one unit a pair. The reference is the base
/// with the adapter switched off, or a frozen copy where every weight is trained; it sees no dropout and leaves no graph.
/// </summary>
public sealed class PreferenceObjective : IObjective
{
    private readonly CausalObjective _policy;
    private readonly Decoder _reference;
    private readonly PreferenceSettings _settings;

    /// <summary>Trains what <paramref name="policy"/> trains.</summary>
    /// <param name="policy">The model, with its adapter where there is one. Not owned.</param>
    /// <param name="copy">A frozen copy of the model, where every weight is trained and the loss has a reference; else null. Not owned.</param>
    /// <param name="settings">How answers are compared.</param>
    public PreferenceObjective(CausalObjective policy, Decoder? copy, PreferenceSettings settings)
    {
        if (settings.Loss != PairLoss.Orpo && policy.Adapter is null && copy is null)
            throw new ArgumentException("a loss with a reference needs an adapter that can be switched off, or a frozen copy of the model", nameof(copy));
        (_policy, _reference, _settings) = (policy, copy ?? policy.Model, settings);
    }

    /// <inheritdoc/>
    public IEngine Engine => _policy.Engine;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trained => _policy.Trained;

    /// <inheritdoc/>
    public byte[]? AdapterConfig => _policy.AdapterConfig;

    /// <inheritdoc/>
    public double FrozenBytes => _policy.FrozenBytes + (ReferenceEquals(_reference, _policy.Model) ? 0 : 4.0 * _reference.Weights.Sum(w => w.Tensor.Count));

    /// <inheritdoc/>
    public UnitNames Names => UnitNames.Pairs;

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(Recipe recipe)
    {
        if (recipe.Data.Packing)
            yield return new("exclusive", "Pairs of answers are laid end to end as they are; they cannot be packed.") { Path = "data.packing" };
        foreach (var problem in _policy.Check(recipe))
            yield return problem;
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> Check(TrainExample example, Recipe recipe)
    {
        if (example.Documents is not [var chosen, var rejected])
            return [new("data_needs_pairs", $"Record {example.Record.Short} is not a pair of answers.") { Value = example.Record.Hex }];
        return new[] { example.Tokens[..chosen], example.Tokens[chosen..(chosen + rejected)] }.SelectMany((tokens, i) =>
            _policy.Check(new(example.Record, tokens, i == 0 ? example.Supervised[..chosen] : example.Supervised[chosen..]), recipe));
    }

    /// <inheritdoc/>
    public MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen) => CausalObjective.LayTokens(index, chosen) with { Units = chosen.Count };

    /// <inheritdoc/>
    public StepLoss Loss(MicroBatch micro, in LossPass pass)
    {
        var (chosen, rejected) = Answers(_policy.Model, micro.Batch, _policy.Options(pass));
        var pairs = (int)micro.Units;
        if (_settings.Loss == PairLoss.Orpo)
            return Told(OddsRatio(chosen, rejected), Floats(chosen), Floats(rejected), pairs);
        var (knownChosen, knownRejected) = Reference(micro.Batch);
        var known = Engine.FromFloats([.. knownChosen.Zip(knownRejected, (c, r) => r - c)], pairs);
        var margins = Engine.Add(Minus(chosen, rejected), known);
        return Told(_settings.Loss == PairLoss.Ipo ? Squared(margins) : Sigmoid(margins), Gains(chosen, knownChosen), Gains(rejected, knownRejected), pairs);
    }

    /// <summary>−(1−ε)·log σ(β·m) − ε·log σ(−β·m) (ε: Mitchell 2023).</summary>
    private Tensor Sigmoid(Tensor margins)
    {
        var (scaled, doubt) = (Engine.Scale(margins, _settings.Beta), _settings.LabelSmoothing);
        var loss = Engine.Scale(Engine.LogSigmoid(scaled), doubt - 1);
        return doubt == 0 ? loss : Engine.Add(loss, Engine.Scale(Engine.LogSigmoid(Engine.Scale(scaled, -1)), -doubt));
    }

    private Tensor Squared(Tensor margins)
    {
        var distance = Engine.Add(margins, Engine.FromFloats([(float)(-1 / (2 * _settings.Beta))], 1));
        return Engine.Mul(distance, distance);
    }

    private Tensor OddsRatio(Tensor chosen, Tensor rejected)
    {
        var odds = Minus(Minus(chosen, rejected), Minus(Engine.Log1mExp(chosen), Engine.Log1mExp(rejected)));
        return Engine.Add(Engine.Scale(chosen, -1), Engine.Scale(Engine.LogSigmoid(odds), -_settings.Beta));
    }

    /// <summary>log p of every pair's answers, [pairs] each: sums over their tokens for DPO, means for IPO and ORPO.</summary>
    private (Tensor Chosen, Tensor Rejected) Answers(Decoder model, PackedBatch batch, ForwardOptions options)
    {
        var answers = Engine.SegmentSum(model.LogProbs(batch, options), batch.Lengths);
        if (_settings.Loss != PairLoss.Sigmoid)
            answers = Engine.Mul(answers, Engine.FromFloats(Shares(batch), batch.Lengths.Length));
        var pairs = Engine.Reshape(answers, batch.Lengths.Length / 2, 2);
        return (Engine.Reshape(Engine.Narrow(pairs, 1, 0, 1), batch.Lengths.Length / 2), Engine.Reshape(Engine.Narrow(pairs, 1, 1, 1), batch.Lengths.Length / 2));
    }

    private (float[] Chosen, float[] Rejected) Reference(PackedBatch batch)
    {
        using var frozen = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        var (chosen, rejected) = Answers(_reference, batch, new ForwardOptions());
        return (Floats(chosen), Floats(rejected));
    }

    /// <summary>One over the number of labels of each document.</summary>
    private static float[] Shares(PackedBatch batch)
    {
        var (shares, start) = (new float[batch.Lengths.Length], 0);
        for (var i = 0; i < shares.Length; start += batch.Lengths[i++])
            shares[i] = 1f / Math.Max(1, batch.Supervised.AsSpan(start + 1, batch.Lengths[i] - 1).Count(true));
        return shares;
    }

    private StepLoss Told(Tensor losses, float[] chosen, float[] rejected, int pairs)
    {
        var beta = (float)_settings.Beta;
        Tensor Sum(IEnumerable<float> values) => Engine.FromFloats([(float)values.Sum(v => (double)v)], 1);
        return new(Engine.Sum(Engine.Reshape(losses, pairs), 0), Sum(chosen.Zip(rejected, (c, r) => c > r ? 1f : 0f)))
        {
            Measures =
            [
                new("rewards/chosen", Sum(chosen.Select(c => beta * c))),
                new("rewards/margins", Sum(chosen.Zip(rejected, (c, r) => beta * (c - r)))),
                new("rewards/rejected", Sum(rejected.Select(r => beta * r))),
            ],
        };
    }

    private float[] Gains(Tensor answers, float[] known) => [.. Floats(answers).Zip(known, (now, then) => now - then)];

    private float[] Floats(Tensor x) => Engine.ToFloats(x);

    private Tensor Minus(Tensor a, Tensor b) => Engine.Add(a, Engine.Scale(b, -1));
}

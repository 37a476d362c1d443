using System.Diagnostics;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Prefetching;
using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Training.Planning;

/// <summary>
/// The order of training: which examples make up which step. A pure function of (examples, settings, seed, step); nothing is consumed,
/// so a resumed run asks for step k and has it.
/// </summary>
public sealed class Batches
{
    private readonly BatchMaker _maker;
    private readonly Recipe _recipe;
    private readonly Sampler _sampler;
    private readonly GlobalBatch _rows;

    /// <summary>Packs (or not) and plans.</summary>
    /// <param name="examples">Of all datasets, one behind the other.</param>
    /// <param name="recipe">Seed, batch, packing, and how datasets are mixed.</param>
    /// <param name="parts">The datasets; null: one.</param>
    /// <param name="lay">Of the task; null: tokens and labels end to end.</param>
    /// <exception cref="TemperException"><c>mix_invalid</c>, <c>zero_batches</c>, <c>schedule_gap</c>: the datasets cannot be mixed as asked.</exception>
    public Batches(IReadOnlyList<TrainExample> examples, Recipe recipe, IReadOnlyList<DataPart>? parts = null, LayBatch? lay = null)
    {
        _recipe = recipe;
        _maker = new(examples, recipe, parts ?? [new DataPart("data", Digest.OfText("data"), examples.Count)], lay ?? CausalObjective.LayTokens);
        Mix = DataMix.Of(recipe, _maker.Parts, _maker.Buckets);
        _sampler = new(Mix);
        _rows = new(Mix.Batch);
        MixChecks.EveryBucketHasBatches(Mix, recipe.Training is { MaxSteps: null, NumTrainEpochs: { } epochs } ? (int)Math.Ceiling(epochs) : null);
        Plan = Mix is { Plain: true, Datasets: [{ Repeats: 0 }] } ? new(checked((int)Mix.Datasets[0].Items), recipe.Training) : new(new EpochLengths(Mix), Mix.StopOn, recipe.Training);
        if (recipe.Data.Packing)
            TrainingTelemetry.PackEfficiency.Record(_maker.PackEfficiency);
    }

    /// <summary>How many steps, and what happens after which.</summary>
    public UpdatePlan Plan { get; }

    /// <summary>What is drawn from.</summary>
    public Mix Mix { get; }

    /// <summary>The datasets.</summary>
    public IReadOnlyList<DataPart> Parts => _maker.Parts;

    /// <summary>The 0-based step's micro-batches. Epoch e visits the items of a dataset in the order of a permutation keyed by (seed, e).</summary>
    public Update Update(int step)
    {
        _sampler.MoveTo(step);
        _sampler.Next(_rows);
        return _maker.Make(new(step, _rows.Rows.ToArray()));
    }

    /// <summary>All updates from the 0-based <paramref name="step"/> on, prepared ahead.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="state">Where the data stood after them; null: it is worked out.</param>
    /// <param name="order">0, or which other order is asked for: that of the run's n-th new start.</param>
    /// <exception cref="TemperException"><c>data_state_mismatch</c>, <c>data_state_invalid</c>.</exception>
    public Feed Read(int step, SamplerState? state, int order = 0)
    {
        var began = Stopwatch.GetTimestamp();
        var mix = order == 0 ? Mix : Mix with { Seed = Philox.Bits64(new RandomKey(Mix.Seed, RandomStreams.NewOrder), order) };
        var sampler = state is null || (order > 0 && state.Seed != mix.Seed) ? new Sampler(mix) : Sampler.Resume(mix, state);
        if (state is not null && state.GlobalStep != step)
            throw new TemperException("data_state_invalid", FormattableString.Invariant($"The data state of a checkpoint of step {step} is of step {state.GlobalStep}."));
        sampler.MoveTo(step);
        TrainingTelemetry.ResumeSeconds.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        return new(sampler, _maker, Plan.TotalSteps, new PrefetchOptions(_recipe.Data.Prefetch ?? 10, Bytes: 256 << 20));
    }

    /// <summary>All of <paramref name="examples"/> in their own order, as micro-batches for measuring.</summary>
    public static IEnumerable<MicroBatch> InOrder(IReadOnlyList<TrainExample> examples, Recipe recipe, LayBatch lay) =>
        BatchMaker.Items(examples, 0, examples.Count, recipe.Data).Chunk(recipe.Training.PerDeviceEvalBatchSize)
            .Select((items, i) => lay(i, [.. items.SelectMany(x => x).Select(x => examples[x])]));
}

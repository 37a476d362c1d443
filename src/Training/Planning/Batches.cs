using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Recipes;

namespace Temper.Training.Planning;

/// <summary>What goes through the model at once.</summary>
/// <param name="Index">Inside its update, 0 and up.</param>
/// <param name="Batch">The documents, end to end.</param>
/// <param name="Records">Where they came from.</param>
public sealed record MicroBatch(int Index, PackedBatch Batch, IReadOnlyList<Digest> Records);

/// <summary>The micro-batches of one optimizer step.</summary>
/// <param name="MicroBatches">In order; made while they are read.</param>
/// <param name="SupervisedTokens">Labels in all of them: what the loss is divided by.</param>
/// <param name="Tokens">Tokens in all of them.</param>
public sealed record Update(IEnumerable<MicroBatch> MicroBatches, long SupervisedTokens, long Tokens);

/// <summary>
/// The order of training: which examples make up which step. A pure function of (examples, settings, seed, step); nothing is consumed,
/// so a resumed run asks for step k and has it.
/// </summary>
public sealed class Batches
{
    private readonly IReadOnlyList<TrainExample> _examples;
    private readonly IReadOnlyList<int[]> _items;
    private readonly TrainingSettings _settings;
    private readonly ulong _seed;

    /// <summary>Packs (or not) and plans.</summary>
    public Batches(IReadOnlyList<TrainExample> examples, Recipe recipe)
    {
        _examples = examples;
        _settings = recipe.Training;
        _seed = (ulong)recipe.Seed;
        _items = Items(examples, recipe.Data);
        Plan = new(_items.Count, _settings);
    }

    /// <summary>How many steps, and what happens after which.</summary>
    public UpdatePlan Plan { get; }


    /// <summary>The 0-based step's micro-batches. Epoch e visits the items in the order of a permutation keyed by (seed, e).</summary>
    public Update Update(int step)
    {
        var epoch = step / Plan.UpdatesPerEpoch;
        var first = (long)(step % Plan.UpdatesPerEpoch) * _settings.GradientAccumulationSteps;
        var last = Math.Min(first + _settings.GradientAccumulationSteps, Plan.MicroBatchesPerEpoch);
        var order = new KeyedPermutation(new(_seed, RandomStreams.Shuffle, (uint)epoch), _items.Count);
        var micros = Enumerable.Range(0, (int)(last - first)).Select(i => Indexes(order, first + i)).ToArray();
        return new(micros.Select((indexes, i) => Micro(_examples, i, indexes)),
            micros.Sum(m => m.Sum(i => (long)_examples[i].SupervisedCount)), micros.Sum(m => m.Sum(i => (long)_examples[i].Tokens.Length)));
    }

    /// <summary>All of <paramref name="examples"/> in their own order, as micro-batches for measuring.</summary>
    public static IEnumerable<MicroBatch> InOrder(IReadOnlyList<TrainExample> examples, Recipe recipe) =>
        Items(examples, recipe.Data).Chunk(recipe.Training.PerDeviceEvalBatchSize).Select((items, i) => Micro(examples, i, [.. items.SelectMany(x => x)]));

    private static IReadOnlyList<int[]> Items(IReadOnlyList<TrainExample> examples, DataSettings data) => data.Packing
        ? Packing.Pack([.. examples.Select(e => e.Tokens.Length)], data.MaxLength)
        : [.. Enumerable.Range(0, examples.Count).Select(i => new[] { i })];

    private int[] Indexes(KeyedPermutation order, long microBatch)
    {
        var begin = microBatch * _settings.PerDeviceTrainBatchSize;
        var end = Math.Min(begin + _settings.PerDeviceTrainBatchSize, _items.Count);
        var indexes = new List<int>();
        for (var at = begin; at < end; at++)
            indexes.AddRange(_items[(int)order[at]]);
        return [.. indexes];
    }

    private static MicroBatch Micro(IReadOnlyList<TrainExample> examples, int index, int[] indexes)
    {
        var chosen = Array.ConvertAll(indexes, i => examples[i]);
        var lengths = Array.ConvertAll(chosen, e => e.Tokens.Length);
        var (tokens, supervised, at) = (new int[lengths.Sum()], new bool[lengths.Sum()], 0);
        foreach (var example in chosen)
        {
            example.Tokens.CopyTo(tokens, at);
            example.Supervised.CopyTo(supervised, at);
            at += example.Tokens.Length;
        }
        return new(index, new PackedBatch(tokens, lengths) { Supervised = supervised }, Array.ConvertAll(chosen, e => e.Record));
    }
}

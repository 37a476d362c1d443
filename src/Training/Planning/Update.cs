using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Models;
using Temper.Training.Sampling;

namespace Temper.Training.Planning;

/// <summary>What goes through the model at once.</summary>
/// <param name="Index">Inside its update, 0 and up.</param>
/// <param name="Batch">The documents, end to end.</param>
/// <param name="Records">Where they came from.</param>
/// <param name="Units">What its loss is a sum over: supervised tokens, or examples where a task judges those.</param>
public sealed record MicroBatch(int Index, PackedBatch Batch, IReadOnlyList<Digest> Records, long Units)
{
    /// <summary>Of a task that learns classes: that of each document or image; else null.</summary>
    public int[]? Classes { get; init; }

    /// <summary>Of a task that reads images: their numbers end to end, normalised, not augmented; else null.</summary>
    public float[]? Pixels { get; init; }
}

/// <summary>The micro-batches of one optimizer step.</summary>
/// <param name="MicroBatches">In order.</param>
/// <param name="Units">In all of them: what the loss is divided by.</param>
/// <param name="Tokens">Tokens in all of them.</param>
public sealed record Update(IReadOnlyList<MicroBatch> MicroBatches, long Units, long Tokens)
{
    /// <summary>Where its examples came from, in order.</summary>
    public IEnumerable<Digest> Records => MicroBatches.SelectMany(micro => micro.Records);

    /// <summary>Items by dataset, in the order of the run's parts.</summary>
    public IReadOnlyList<long> Samples { get; init; } = [];

    /// <summary>Items that are only there to fill a batch.</summary>
    public int Padding { get; init; }

    /// <summary>Largest difference between a dataset's share of all draws so far and the one asked for.</summary>
    public double MixError { get; init; }

    /// <summary>Share of the epoch's items that were seen, where this update ends an epoch: 1.</summary>
    public double? Coverage { get; init; }

    /// <summary>Where the data stands once this update is done: saved with a checkpoint of the step that used it, never with one that had only read it ahead.</summary>
    public SamplerState? State { get; init; }

    /// <summary>Records that could not be read and what stands in for them.</summary>
    public IReadOnlyList<Substitution> Substitutions { get; init; } = [];
}

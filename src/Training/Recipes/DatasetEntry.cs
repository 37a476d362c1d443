using System.Text.Json.Serialization;
using Temper.Training.Sampling;

namespace Temper.Training.Recipes;

/// <summary>One of several datasets of a run. What is not written has the default of <see cref="MixDataset"/>.</summary>
/// <param name="Dataset">Reference of the dataset.</param>
public sealed record DatasetEntry(string Dataset)
{
    /// <summary>Name of the entry in messages, metrics and states, unique in the recipe. Default: the dataset's name.</summary>
    public string? Id { get; init; }

    /// <summary>Weight beside the others, 0 or 0.000001 to 1,000,000. Default 1.</summary>
    public double? Probability { get; init; }

    /// <summary>Passes beyond the first in an epoch; 0 sees every record once. Default 0.</summary>
    public int? Repeats { get; init; }

    /// <summary>Most records that are used: those with the smallest keyed hashes, so that the choice is stable when records are added. Default all.</summary>
    public int? MaxNumSamples { get; init; }

    /// <summary>First epoch, 1 and up.</summary>
    public int? StartEpoch { get; init; }

    /// <summary>Last epoch.</summary>
    public int? EndEpoch { get; init; }

    /// <summary>Optimizer steps that must be done before it is drawn.</summary>
    public int? StartStep { get; init; }

    /// <summary>Optimizer steps after which it is not drawn any more.</summary>
    public int? EndStep { get; init; }

    /// <summary><see cref="Id"/>, or the reference without scheme and version.</summary>
    [JsonIgnore]
    public string Name => Id ?? Dataset[(Dataset.LastIndexOf('/') + 1)..].Split(':', '@')[0];
}

/// <summary>What happens when a record cannot be read while batches are prepared.</summary>
public enum RuntimeErrorPolicy
{
    /// <summary>The run fails and names it.</summary>
    Fail,

    /// <summary>The next record of the same bucket takes its place; the log, the counters and the lineage say so.</summary>
    SubstituteNext,
}

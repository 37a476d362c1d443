using Temper.Core.Ids;

namespace Temper.Training.Sampling;

/// <summary>Items that may stand in one batch together: images of one aspect, or all examples of a text dataset.</summary>
/// <param name="Name">Such as <c>1.33</c>; empty where a dataset is not divided.</param>
/// <param name="Items">How many there are, 1 and up: examples, packed blocks or images.</param>
public sealed record MixBucket(string Name, long Items);

/// <summary>One dataset of a mix: its size and how often, and when, it is drawn from.</summary>
/// <param name="Id">Unique in its mix.</param>
/// <param name="Version">Digest of the sealed version's manifest; with it the order changes.</param>
/// <param name="Buckets">At least one.</param>
public sealed record MixDataset(string Id, Digest Version, IReadOnlyList<MixBucket> Buckets)
{
    /// <summary>Weight beside the other datasets, 0 (never drawn) to 1,000,000, in millionths. Default 1.</summary>
    public decimal Probability { get; init; } = 1;

    /// <summary>Passes beyond the first in an epoch: 0 (default) sees every item once.</summary>
    public int Repeats { get; init; }

    /// <summary>First epoch in which it is drawn, 1 and up.</summary>
    public int StartEpoch { get; init; } = 1;

    /// <summary>Last epoch in which it is drawn; null: no end.</summary>
    public int? EndEpoch { get; init; }

    /// <summary>Optimizer steps that must be done before it is drawn.</summary>
    public int StartStep { get; init; }

    /// <summary>Optimizer steps after which it is not drawn any more; null: no end.</summary>
    public int? EndStep { get; init; }

    /// <summary>Items of all buckets.</summary>
    public long Items => Buckets.Sum(b => b.Items);

    /// <summary>What an epoch sees of it: items × (1 + repeats).</summary>
    public long PerEpoch => Items * (1L + Repeats);

    /// <summary>Whether it belongs to the 0-based <paramref name="epoch"/>.</summary>
    public bool InEpoch(int epoch) => epoch + 1 >= StartEpoch && !(epoch + 1 > EndEpoch);

    /// <summary>Whether it is drawn from once <paramref name="steps"/> optimizer steps are done.</summary>
    public bool InSteps(int steps) => steps >= StartStep && !(steps >= EndStep);

    /// <summary>How many of the first <paramref name="epochs"/> epochs it belongs to.</summary>
    public long EpochsThrough(long epochs) => Math.Max(0, Math.Min(epochs, EndEpoch ?? long.MaxValue) - (StartEpoch - 1));

    /// <summary>All settings that are not at their default, for people and for comparing: <c>items 40,3; repeats 2</c>.</summary>
    public string Described => string.Join("; ", new[]
    {
        $"items {string.Join(',', Buckets.Select(b => b.Name.Length == 0 ? FormattableString.Invariant($"{b.Items}") : FormattableString.Invariant($"{b.Name}:{b.Items}")))}",
        Probability == 1 ? "" : FormattableString.Invariant($"probability {Probability:0.######}"),
        Repeats == 0 ? "" : FormattableString.Invariant($"repeats {Repeats}"),
        StartEpoch == 1 && EndEpoch is null ? "" : FormattableString.Invariant($"epochs {StartEpoch}-{EndEpoch}"),
        StartStep == 0 && EndStep is null ? "" : FormattableString.Invariant($"steps {StartStep}-{EndStep}"),
    }.Where(part => part.Length > 0));
}

using Temper.Core.Ids;
using Temper.Training.Recipes;

namespace Temper.Training.Data;

/// <summary>One dataset's share of a run: a stretch of <see cref="TrainRun.Train"/>, behind the stretches of the datasets before it.</summary>
/// <param name="Id">Unique in the run; for messages, metrics and states.</param>
/// <param name="Version">Digest of the sealed version's manifest.</param>
/// <param name="Count">Examples.</param>
public sealed record DataPart(string Id, Digest Version, int Count)
{
    /// <summary>How often and when it is drawn.</summary>
    public DatasetEntry Entry { get; init; } = new("");

    /// <summary>Names and sizes of stretches that never meet in a batch; empty: one stretch without a name.</summary>
    public IReadOnlyList<(string Name, int Count)> Buckets { get; init; } = [];

    /// <summary>Where each example's record came from, for messages about records that cannot be read; null when nobody knows.</summary>
    public IReadOnlyList<RecordPlace>? Places { get; init; }
}

/// <summary>A record and where it stood.</summary>
/// <param name="Record">Its identity.</param>
/// <param name="File">As it was uploaded.</param>
/// <param name="Line">1 and up.</param>
public readonly record struct RecordPlace(Digest Record, string File, long Line)
{
    /// <summary>For people.</summary>
    public override string ToString() => FormattableString.Invariant($"record {Record.Short} ({File} line {Line})");
}

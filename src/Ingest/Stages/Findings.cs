namespace Temper.Ingest;

/// <summary>What the stages between validation and sealing found.</summary>
/// <param name="Dedup">Copies.</param>
/// <param name="Repeats">Records that are dropped as copies, by ordinal.</param>
/// <param name="Contamination">Overlap with evaluation data; null where nothing was compared.</param>
/// <param name="Dropped">Records that are dropped for it, by ordinal.</param>
internal sealed record Findings(DedupOutcome Dedup, RepeatTable Repeats, ContaminationOutcome? Contamination, IReadOnlyDictionary<long, Overlap> Dropped)
{
    /// <summary>Records that <c>max_num_samples</c> leaves out.</summary>
    public SampleCut Cut { get; init; } = SampleCut.None;
}

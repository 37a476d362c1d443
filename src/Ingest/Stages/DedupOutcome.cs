namespace Temper.Ingest;

/// <summary>A record that repeats an earlier one.</summary>
/// <param name="Ordinal">Place among the sound records of the upload, 0 and up.</param>
/// <param name="File">Path of the kept record's file.</param>
/// <param name="Line">Line of the kept record.</param>
/// <param name="Similarity">1 for a copy; less for a near-duplicate.</param>
/// <param name="Near">Whether it is a near-duplicate.</param>
internal readonly record struct Repeat(long Ordinal, string File, long Line, double Similarity, bool Near);

/// <summary>Two places of an upload that say something alike.</summary>
/// <param name="File">File of the later one.</param>
/// <param name="Line">Line of the later one.</param>
/// <param name="OfFile">File of the earlier one.</param>
/// <param name="OfLine">Line of the earlier one.</param>
/// <param name="Similarity">Share of common 5-character sequences; of the questions or of the answers, whichever is smaller.</param>
public sealed record RecordPair(string File, long Line, string OfFile, long OfLine, double Similarity);

/// <summary>What the search for copies found.</summary>
/// <param name="Exact">Copies.</param>
/// <param name="Near">Near-duplicates, dropped or only reported.</param>
/// <param name="Clusters">Records that have at least one copy or near-duplicate.</param>
/// <param name="Method">off, lexical, or embedding and lexical.</param>
/// <param name="NearPairs">The first 20 pairs of near-duplicates.</param>
/// <param name="AlikePairs">The first 20 pairs that the embedding calls alike and the texts do not: paraphrases, never duplicates.</param>
public sealed record DuplicateReport(long Exact, long Near, long Clusters, string Method, IReadOnlyList<RecordPair> NearPairs, IReadOnlyList<RecordPair> AlikePairs)
{
    /// <summary>NAME:VERSION of <c>dedup_against</c> to the records that were dropped because it holds them; null where nothing was compared.</summary>
    public SortedDictionary<string, long>? Elsewhere { get; init; }
}

/// <summary>Mark of the stage: committed last.</summary>
/// <param name="Repeats">One JSON line per <see cref="Repeat"/> that is dropped, ascending; null when none is.</param>
/// <param name="Report">For the version's report.</param>
/// <param name="Shape">What the sound records are like.</param>
internal sealed record DedupOutcome(StageData? Repeats, DuplicateReport Report, RecordShape Shape);

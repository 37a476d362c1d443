namespace Temper.Ingest;

/// <summary>A record that shares a run of words with a record that is kept for evaluation.</summary>
/// <param name="Ordinal">Place among the sound records of the upload, 0 and up.</param>
/// <param name="Set">The evaluation dataset as NAME:VERSION, or <c>eval</c> for the version's own part.</param>
/// <param name="File">File of the evaluation record.</param>
/// <param name="Line">Line of the evaluation record.</param>
internal sealed record Overlap(long Ordinal, string Set, string File, long Line);

/// <summary>Two records that share a run of words.</summary>
/// <param name="File">File of the record to train on.</param>
/// <param name="Line">Its line.</param>
/// <param name="Set">The evaluation dataset as NAME:VERSION, or <c>eval</c> for the version's own part.</param>
/// <param name="OfFile">File of the evaluation record.</param>
/// <param name="OfLine">Its line.</param>
/// <param name="Words">The first run that they share, as it is compared.</param>
public sealed record OverlapPair(string File, long Line, string Set, string OfFile, long OfLine, string Words);

/// <summary>What the search for records that evaluation data hold, too, found.</summary>
/// <param name="Ngram">Words of a run.</param>
/// <param name="Action">report, drop or fail.</param>
/// <param name="Against">What was compared with: NAME:VERSION each, and <c>eval</c> for the version's own part.</param>
/// <param name="Compared">Records to train on that were compared.</param>
/// <param name="Records">Those that share a run.</param>
/// <param name="Sets">How many share one with each.</param>
/// <param name="Pairs">The first 20 pairs.</param>
public sealed record ContaminationReport(int Ngram, string Action, IReadOnlyList<string> Against, long Compared, long Records, SortedDictionary<string, long> Sets,
    IReadOnlyList<OverlapPair> Pairs);

/// <summary>Mark of the stage: committed last.</summary>
/// <param name="Overlaps">One JSON line per <see cref="Overlap"/>, ascending; null when there is none.</param>
/// <param name="Report">For the version's report.</param>
internal sealed record ContaminationOutcome(StageData? Overlaps, ContaminationReport Report);

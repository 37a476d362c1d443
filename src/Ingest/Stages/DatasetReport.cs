using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>One file's share of a version.</summary>
/// <param name="Path">As uploaded.</param>
/// <param name="Ledger">Closes.</param>
/// <param name="Bytes">Decompressed.</param>
/// <param name="BlankLines">Lines with nothing on them; not records.</param>
/// <param name="ByteOrderMark">Whether it began with one.</param>
/// <param name="Members">Whole gzip members; null when not compressed.</param>
/// <param name="Fault">Code of the reason why the file is not trusted, if it is not.</param>
public sealed record FileReport(string Path, Ledger Ledger, long Bytes, long BlankLines, bool ByteOrderMark, int? Members, string? Fault);

/// <summary>How often a code came, and where first.</summary>
/// <param name="Count">How often.</param>
/// <param name="First">At most 20 places.</param>
public sealed record CodeReport(long Count, IReadOnlyList<CodePlace> First);

/// <summary>A line of a file.</summary>
/// <param name="File">Path.</param>
/// <param name="Line">1 and up.</param>
public sealed record CodePlace(string File, long Line);

/// <summary><c>report.json</c> of a version: what was found, for people and pages. A function of upload, configuration and code version alone.</summary>
/// <param name="Format">1.</param>
/// <param name="Dataset">Its name.</param>
/// <param name="Sealed">False when rejected.</param>
/// <param name="RecordFormat">Layout of the records.</param>
/// <param name="Ledger">Of the whole version.</param>
/// <param name="Files">Each file's share, in order.</param>
/// <param name="Codes">Codes of records that were set aside.</param>
/// <param name="Warnings">Codes of accepted records that are worth a look.</param>
/// <param name="Duplicates">What the search for copies found.</param>
/// <param name="NotData">Files at the root that were left out.</param>
/// <param name="Problems">Why it was rejected, or what is worth knowing.</param>
public sealed record DatasetReport(int Format, ResourceName Dataset, bool Sealed, RecordFormat RecordFormat, Ledger Ledger, IReadOnlyList<FileReport> Files,
    SortedDictionary<string, CodeReport> Codes, SortedDictionary<string, CodeReport> Warnings, DuplicateReport Duplicates, IReadOnlyList<string> NotData,
    IReadOnlyList<Problem> Problems)
{
    /// <summary>Of a dataset of images: its buckets; null for others.</summary>
    public BucketReport? Images { get; init; }

    /// <summary>What records hold: findings of scans, languages, kinds, roles, lengths, scores.</summary>
    public ContentReport? Content { get; init; }
}

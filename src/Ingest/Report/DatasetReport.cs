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
/// <param name="Members">Whole members of gzip or frames of Zstandard; null when not compressed.</param>
/// <param name="Fault">Code of the reason why the file is not trusted, if it is not.</param>
public sealed record FileReport(string Path, Ledger Ledger, long Bytes, long BlankLines, bool ByteOrderMark, int? Members, string? Fault);

/// <summary>One stage's share: what came in is what went on and what stayed behind.</summary>
/// <param name="Stage">validate, trust, dedup, contamination, seal.</param>
/// <param name="In">Records that came in.</param>
/// <param name="Out">Records that went on.</param>
/// <param name="Left">Records that stayed behind, by column of the ledger.</param>
public sealed record StageReport(string Stage, long In, long Out, SortedDictionary<string, long> Left)
{
    /// <summary>Whether in = out + left.</summary>
    public bool Closes => In == Out + Left.Values.Sum();
}

/// <summary>How often a code came, where first, and what to do.</summary>
/// <param name="Count">How often.</param>
/// <param name="First">At most 20 places.</param>
/// <param name="Meaning">What it says.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record CodeReport(long Count, IReadOnlyList<CodePlace> First, string? Meaning, string? Hint)
{
    /// <summary>Of <c>REC_UNKNOWN_KEY</c>: the keys and how often each came, at most 20, those that came most; null for other codes.</summary>
    public SortedDictionary<string, long>? Keys { get; init; }
}

/// <summary>A line of a file.</summary>
/// <param name="File">Path.</param>
/// <param name="Line">1 and up.</param>
public sealed record CodePlace(string File, long Line);

/// <summary>Parts of a split version.</summary>
/// <param name="Train">Records to train on.</param>
/// <param name="Eval">Records that are kept for evaluation.</param>
/// <param name="By">hash, or the column whose equal values stay together.</param>
/// <param name="Seed">Key of the choice.</param>
public sealed record SplitReport(long Train, long Eval, string By, long Seed);

/// <summary>
/// <c>validation_report.json</c> of a version: what was found, for people and pages. A function of upload, configuration, the versions and models that it
/// names, the version before it and the code version alone.
/// </summary>
/// <param name="Format">2. Format 1, <c>report.json</c>, had the members up to <paramref name="Problems"/> but for <paramref name="Stages"/>.</param>
/// <param name="Dataset">Its name.</param>
/// <param name="Sealed">False when rejected.</param>
/// <param name="RecordFormat">Layout of the records.</param>
/// <param name="Ledger">Of the whole version.</param>
/// <param name="Stages">Each stage's share, in order; each closes.</param>
/// <param name="Files">Each file's share, in order.</param>
/// <param name="Codes">Codes of records that were set aside.</param>
/// <param name="Warnings">Codes of accepted records that are worth a look.</param>
/// <param name="Duplicates">What the search for copies found.</param>
/// <param name="NotData">Files at the root that were left out.</param>
/// <param name="Problems">Why it was rejected, or what is worth knowing.</param>
public sealed record DatasetReport(int Format, ResourceName Dataset, bool Sealed, RecordFormat RecordFormat, Ledger Ledger, IReadOnlyList<StageReport> Stages,
    IReadOnlyList<FileReport> Files, SortedDictionary<string, CodeReport> Codes, SortedDictionary<string, CodeReport> Warnings, DuplicateReport Duplicates,
    IReadOnlyList<string> NotData, IReadOnlyList<Problem> Problems)
{
    /// <summary>What the sound records are like.</summary>
    public RecordShape? Shape { get; init; }

    /// <summary>Overlap with evaluation data; null where nothing was compared.</summary>
    public ContaminationReport? Contamination { get; init; }

    /// <summary>Parts; null where the records are not split.</summary>
    public SplitReport? Split { get; init; }

    /// <summary>Difference from the version before; null for the first.</summary>
    public DriftReport? Drift { get; init; }

    /// <summary>Where the version lies in the space of the model that embedded it; null where none did.</summary>
    public EmbeddingReport? Embedding { get; init; }

    /// <summary>Tokens under the model that the configuration names; null where it names none.</summary>
    public TokenReport? Tokens { get; init; }

    /// <summary>Of a dataset of images: its buckets; null for others.</summary>
    public BucketReport? Images { get; init; }

    /// <summary>What records hold: findings of scans, languages, kinds, roles, lengths, scores.</summary>
    public ContentReport? Content { get; init; }

    /// <summary>NAME:VERSION whose accepted records are part of this version, where lines that it set aside were corrected.</summary>
    public string? Requeued { get; init; }
}

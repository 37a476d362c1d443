using Temper.Core.Ids;

namespace Temper.Core.Datasets;

/// <summary>One record that was set aside: one JSON line of <c>quarantine.jsonl</c>. Duplicates and filtered records are listed with their own codes.</summary>
/// <param name="File">Path inside the upload.</param>
/// <param name="Line">1 and up.</param>
/// <param name="Offset">Byte offset of the line in the (decompressed) file.</param>
/// <param name="Code">A code of the catalogue, such as <c>REC_INVALID_UTF8</c>.</param>
/// <param name="Outcome">quarantined, duplicate or filtered: the column of the ledger that counts it.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record QuarantineEntry(string File, long Line, long Offset, string Code, RecordOutcome Outcome, string Message)
{
    /// <summary>SHA-256 of the line's bytes.</summary>
    public Digest? RecSha256 { get; init; }

    /// <summary>JSON pointer to the value at fault.</summary>
    public string? JsonPointer { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary>At most 200 characters of the line, secrets redacted, bytes that are not text replaced.</summary>
    public string? Excerpt { get; init; }
}

/// <summary>One line that was set aside, as it came: one JSON line of the version's quarantine blob, in the order of <c>quarantine.jsonl</c>.</summary>
/// <param name="File">Path inside the upload.</param>
/// <param name="Line">1 and up.</param>
/// <param name="Code">Why.</param>
/// <param name="Bytes">The line's bytes without its newline; of a row of a table, the JSON object that was made of it. Base64 in JSON. Null when the line
/// was longer than the limit.</param>
public sealed record QuarantinedLine(string File, long Line, string Code, byte[]? Bytes)
{
    /// <summary>Whether the record is a file, an image, and <see cref="Bytes"/> all of it; null where it is above 16 MiB.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool Whole { get; init; }
}

/// <summary>Why a record is not in the version.</summary>
public enum RecordOutcome
{
    /// <summary>It breaks a rule of its format.</summary>
    Quarantined,

    /// <summary>It repeats an accepted record.</summary>
    Duplicate,

    /// <summary>A rule of the dataset's configuration drops it.</summary>
    Filtered,
}

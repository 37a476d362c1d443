using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>
/// Items that a backend lists and cannot deliver, each counted as one record that was quarantined: so the ledger of the version shows them, and its limits
/// hold for them. The factory puts their list into the upload.
/// </summary>
internal static class Undelivered
{
    /// <summary>Path of the list in an upload: one <see cref="QuarantineEntry"/> a line.</summary>
    public const string FileName = ".undelivered.jsonl";

    /// <summary>The list of items that failed, in a fixed order.</summary>
    public static byte[] Write(IEnumerable<(string Item, Problem Problem)> failed) =>
    [
        .. failed.Select(f => new QuarantineEntry(f.Problem.File ?? f.Item, f.Problem.Line ?? 1, 0, f.Problem.Code, RecordOutcome.Quarantined, f.Problem.Message) { Hint = f.Problem.Hint ?? ErrorCatalogue.Find(f.Problem.Code)?.Remedy })
            .OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line).SelectMany(e => JsonSerializer.SerializeToUtf8Bytes(e, Wire.Json).Append((byte)'\n')),
    ];

    /// <summary>Counts one line of the list. An upload may come from anybody: what is no such entry is set aside as what it is.</summary>
    public static void Take(ReadOnlySpan<byte> line, long number, FileTally tally, ByteBuffer output)
    {
        var entry = Read(line) ?? new(FileName, number, 0, "REC_INVALID_JSON", RecordOutcome.Quarantined, $"The line is not an item that a backend could not deliver.");
        (tally.RecordsIn, tally.Quarantined) = (tally.RecordsIn + 1, tally.Quarantined + 1);
        FileTally.Count(tally.Codes, entry.Code, number);
        output.Add(VerdictMark.Aside);
        output.Add(JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json));
        output.Add((byte)'\n');
    }

    private static QuarantineEntry? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<QuarantineEntry>(line, Wire.Strict) is { Outcome: RecordOutcome.Quarantined } entry && ErrorCatalogue.Find(entry.Code) is not null ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

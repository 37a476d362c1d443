using System.Text.Json;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>What <c>expect</c> says of single rows: a schema that each must meet, and columns that are counted where they are null or absent.</summary>
internal sealed class RowExpectations
{
    private readonly RowSchema? _schema;
    private readonly IReadOnlyCollection<string> _columns;

    private RowExpectations(RowSchema? schema, IReadOnlyCollection<string> columns) => (_schema, _columns) = (schema, columns);

    /// <summary>Null where nothing is expected of rows.</summary>
    public static RowExpectations? Of(ExpectConfig config) => config.Schema is null && config.MaxNullFraction.Count == 0 ? null
        : new(config.Schema is { } schema ? RowSchema.Of(schema, (_, _, _) => { }) : null, config.MaxNullFraction.Keys);

    /// <summary>Counts the row's null columns, and says why it does not meet the schema; null when it does. The row is sound JSON.</summary>
    public RecordFault? Check(ReadOnlySpan<byte> row, FileTally tally)
    {
        var reader = new Utf8JsonReader(row);
        using var document = JsonDocument.ParseValue(ref reader);
        foreach (var column in _columns)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(column, out var value) || value.ValueKind == JsonValueKind.Null)
                tally.Nulls[column] = tally.Nulls.GetValueOrDefault(column) + 1;
        }
        try
        {
            return Broken(document.RootElement);
        }
        catch (RegexMatchTimeoutException)
        {
            return new("CFG_REGEX", "A pattern of expect.schema took longer than a second on this row.");
        }
    }

    private RecordFault? Broken(JsonElement row) => _schema?.Broken(row) is { } broken ? new("REC_SCHEMA", $"The row does not meet expect.schema: '{broken.Pointer}' {broken.Reason}.") { Pointer = broken.Pointer } : null;
}

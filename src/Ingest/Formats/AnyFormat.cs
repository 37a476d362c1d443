using System.Text.Json;

namespace Temper.Ingest;

/// <summary><c>format: auto_per_record</c>: each record in the one format that it fits; a record that fits none, or several, is set aside.</summary>
internal sealed class AnyFormat(DatasetConfig config) : FormatReader
{
    /// <summary>All formats of records, in the order in which they are named.</summary>
    public static readonly RecordFormat[] Formats =
    [
        RecordFormat.Messages, RecordFormat.Text, RecordFormat.PromptCompletion, RecordFormat.Instruction, RecordFormat.InputOutput, RecordFormat.Sharegpt,
        RecordFormat.Preference, RecordFormat.Kto,
    ];

    private readonly FormatReader[] _readers = [.. Formats.Select(format => For(format, config))];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) => json.Tokens[0].Type == JsonTokenType.StartObject;

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        var found = -1;
        for (var i = 0; i < _readers.Length; i++)
        {
            if (!_readers[i].Fits(json, line))
                continue;
            if (found >= 0)
                return new("REC_FORMAT", $"The record fits both {NameOf(Formats[found])} and {NameOf(Formats[i])}.", "");
            found = i;
        }
        return found < 0 ? new("REC_FORMAT", "The record fits none of the formats.", "") : _readers[found].Read(json, line, draft);
    }

    /// <summary>A format as configurations write it.</summary>
    public static string NameOf(RecordFormat format) => JsonNamingPolicy.SnakeCaseLower.ConvertName(format.ToString());
}

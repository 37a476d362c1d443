using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"text":…}</c>: all of it is learnt.</summary>
internal sealed class TextFormat(FieldNames fields) : FormatReader
{
    private readonly FieldName _text = fields["text"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        JsonSpace.Find(json.Tokens, 0, line, _text.Utf8) is >= 0 and var text && json.Tokens[text].Type == JsonTokenType.String;

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Text);
        var text = JsonSpace.Find(json.Tokens, 0, line, _text.Utf8);
        if (text < 0)
            return JsonSpace.Missing(_text.Text, "/" + _text.Text);
        if (json.Tokens[text].Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, text, _text.Text, "a string");
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _text);
        draft.Open(Role.Assistant, text);
        draft.Add(line, json.Tokens[text]);
        return JsonSpace.IsBlank(draft.TextOf(draft.Turns[0])) ? new("REC_EMPTY_CONTENT", "The text is empty.", json.PointerTo(text, line)) : null;
    }
}

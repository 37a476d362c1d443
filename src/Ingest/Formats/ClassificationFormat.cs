using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"text":…,"label":…}</c>: a text and the name of its class, or its number. Never found by itself: where nobody asks for classes, a text with a
/// label beside it is a text.</summary>
internal sealed class ClassificationFormat(FieldNames fields) : FormatReader
{
    private readonly FieldName _text = fields["text"], _label = fields["label"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        JsonSpace.Find(json.Tokens, 0, line, _text.Utf8) is >= 0 and var text && json.Tokens[text].Type == JsonTokenType.String
        && Label(json, line) is >= 0 and var label && json.Tokens[label].Type is JsonTokenType.String or JsonTokenType.Number;

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Labelled);
        foreach (var field in new[] { _text, _label })
        {
            var at = field == _text ? JsonSpace.Find(json.Tokens, 0, line, _text.Utf8) : Label(json, line);
            if (at < 0)
                return JsonSpace.Missing(field.Text, "/" + field.Text);
            if (json.Tokens[at].Type != JsonTokenType.String && (field == _text || json.Tokens[at].Type != JsonTokenType.Number))
                return JsonSpace.Wrong(json, line, at, field.Text, field == _text ? "a string" : "a string or a number");
            draft.Open(Role.Assistant, at);
            draft.Add(line, json.Tokens[at]);
            if (JsonSpace.IsBlank(draft.TextOf(draft.Last)))
                return new("REC_EMPTY_CONTENT", field == _text ? "The text is empty." : "The label is empty.", json.PointerTo(at, line));
        }
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _text, _label);
        return null;
    }

    /// <summary>The label; of a canonical record, which is uploaded again, its class.</summary>
    private int Label(JsonLine json, ReadOnlySpan<byte> line) => JsonSpace.Find(json.Tokens, 0, line, _label.Utf8) is >= 0 and var at ? at : JsonSpace.Find(json.Tokens, 0, line, "class"u8);
}

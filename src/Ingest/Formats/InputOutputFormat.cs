using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// <c>{"input","output"}</c>, of which the output is learnt, or <c>{"segments":[{"text","label"},…]}</c>: text as it stands, without a template and without
/// tokens that are put in.
/// </summary>
internal sealed class InputOutputFormat(FieldNames fields) : FormatReader
{
    private readonly FieldName _input = fields["input"], _output = fields["output"], _segments = fields["segments"], _instruction = fields["instruction"], _label = fields["label"], _text = fields["text"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) => JsonSpace.Has(json, line, _segments, JsonTokenType.StartArray)
        || (JsonSpace.Has(json, line, _input, JsonTokenType.String) && JsonSpace.Has(json, line, _output, JsonTokenType.String) && JsonSpace.FindValue(json, 0, line, _instruction) < 0);

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Segments);
        var segments = JsonSpace.FindValue(json, 0, line, _segments);
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, segments < 0 ? [_input, _output] : [_segments]);
        var fault = segments < 0
            ? Text(json, line, _input, JsonSpace.Find(json.Tokens, 0, line, _input.Utf8), "/" + _input.Text, labelled: false, draft)
                ?? Text(json, line, _output, JsonSpace.Find(json.Tokens, 0, line, _output.Utf8), "/" + _output.Text, labelled: true, draft)
            : Segments(json, line, segments, draft);
        return fault ?? Learnt(json, line, segments, draft);
    }

    private RecordFault? Segments(JsonLine json, ReadOnlySpan<byte> line, int list, RecordDraft draft)
    {
        var tokens = json.Tokens;
        if (tokens[list].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, list, _segments.Text, "a list of segments");
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            if (tokens[at].Type != JsonTokenType.StartObject)
                return JsonSpace.Wrong(json, line, at, "segment", "an object");
            var label = JsonSpace.Find(tokens, at, line, _label.Utf8);
            if (label < 0)
                return JsonSpace.Missing(_label.Text, $"{json.PointerTo(at, line)}/{_label.Text}");
            if (tokens[label].Type is not (JsonTokenType.True or JsonTokenType.False))
                return JsonSpace.Wrong(json, line, label, _label.Text, "true or false");
            JsonSpace.NoteOthers(tokens, at, line, draft, _label, _text);
            var text = JsonSpace.Find(tokens, at, line, _text.Utf8);
            var pointer = text < 0 ? $"{json.PointerTo(at, line)}/{_text.Text}" : null;
            if (Text(json, line, _text, text, pointer, tokens[label].Type == JsonTokenType.True, draft) is { } fault)
                return fault;
        }
        return null;
    }

    /// <summary>Adds a segment; an empty one says nothing and is left out.</summary>
    private static RecordFault? Text(JsonLine json, ReadOnlySpan<byte> line, FieldName field, int token, string? pointer, bool labelled, RecordDraft draft)
    {
        if (token < 0)
            return JsonSpace.Missing(field.Text, pointer!);
        if (json.Tokens[token].Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, token, field.Text, "a string");
        if (json.Tokens[token].Length == 0)
            return null;
        draft.Open(labelled ? Role.Assistant : Role.User, token);
        draft.Last.Weight = labelled ? 1 : 0;
        draft.Add(line, json.Tokens[token]);
        return null;
    }

    private RecordFault? Learnt(JsonLine json, ReadOnlySpan<byte> line, int segments, RecordDraft draft)
    {
        foreach (ref readonly var turn in draft.Turns)
        {
            if (turn.Weight == 1 && !JsonSpace.IsBlank(draft.TextOf(turn)))
                return null;
        }
        return segments < 0
            ? new("REC_EMPTY_CONTENT", "The output is empty.", json.PointerTo(JsonSpace.Find(json.Tokens, 0, line, _output.Utf8), line))
            : new("REC_NO_SUPERVISED_TOKENS", "No labelled segment has a text: nothing would be learnt.", json.PointerTo(segments, line));
    }
}

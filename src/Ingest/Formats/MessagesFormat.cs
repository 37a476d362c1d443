using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"messages":[{"role","content"},…]}</c>.</summary>
internal sealed class MessagesFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _messages = fields["messages"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        JsonSpace.Find(json.Tokens, 0, line, _messages.Utf8) is >= 0 and var list && json.Tokens[list].Type == JsonTokenType.StartArray;

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Messages);
        var list = -1;
        for (var at = 1; at < json.Tokens.Length; at = json.Tokens[at + 1].Next)
        {
            if (JsonSpace.Is(json.Tokens[at], line, _messages.Utf8))
                list = at + 1;
            else if (JsonSpace.Is(json.Tokens[at], line, "tools"u8) && json.Tokens[at + 1].Type != JsonTokenType.Null && json.Tokens[at + 1].Next != at + 2)
                return new("REC_UNSUPPORTED_CONTENT", "'tools' cannot be kept by this version.", json.PointerTo(at + 1, line));
            else
                draft.Warn(Warning.UnknownKey);
        }
        if (list < 0)
            return JsonSpace.Missing(_messages.Text, "/" + _messages.Text);
        if (json.Tokens[list].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, list, _messages.Text, "a list of messages");
        return turns.Read(json, line, list, supervised: true, draft) ?? Finish(json, line, draft);
    }
}

using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"messages":[{"role","content"},…],"tools":[…]}</c>.</summary>
internal sealed class MessagesFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _messages = fields["messages"], _tools = fields["tools"], _label = fields["label"], _chosen = fields["chosen"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) => JsonSpace.Has(json, line, _messages, JsonTokenType.StartArray)
        && !JsonSpace.HasFlag(json, line, _label) && JsonSpace.FindValue(json, 0, line, _chosen) < 0;

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Messages, asMessages: true);
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _messages, _tools);
        return Chat(json, line, draft) ?? TurnRules.Check(json, line, draft);
    }

    /// <summary>Reads messages and tools into a draft that was begun.</summary>
    public RecordFault? Chat(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        var list = JsonSpace.Find(json.Tokens, 0, line, _messages.Utf8);
        if (list < 0)
            return JsonSpace.Missing(_messages.Text, "/" + _messages.Text);
        if (json.Tokens[list].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, list, _messages.Text, "a list of messages");
        return turns.Read(json, line, list, supervised: true, draft)
            ?? (JsonSpace.FindValue(json, 0, line, _tools) is >= 0 and var tools ? turns.Tools.Tools(json, line, tools, draft) : null);
    }
}

using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"prompt","completion","label"}</c> or <c>{"messages","label"}</c>: one answer and the verdict whether it is good.</summary>
internal sealed class KtoFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _label = fields["label"], _messages = fields["messages"], _prompt = fields["prompt"], _completion = fields["completion"], _tools = fields["tools"];
    private readonly PromptCompletionFormat _pair = new(fields, turns);
    private readonly MessagesFormat _chat = new(fields, turns);

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        JsonSpace.HasFlag(json, line, _label) && (_pair.FitsPair(json, line) || JsonSpace.Has(json, line, _messages, JsonTokenType.StartArray));

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Unpaired);
        var label = JsonSpace.Find(json.Tokens, 0, line, _label.Utf8);
        if (label < 0)
            return JsonSpace.Missing(_label.Text, "/" + _label.Text);
        if (json.Tokens[label].Type is not (JsonTokenType.True or JsonTokenType.False))
            return JsonSpace.Wrong(json, line, label, _label.Text, "true or false");
        draft.Label = json.Tokens[label].Type == JsonTokenType.True;
        draft.AsMessages = JsonSpace.FindValue(json, 0, line, _messages) >= 0 && JsonSpace.FindValue(json, 0, line, _completion) < 0;
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, draft.AsMessages ? [_messages, _label, _tools] : [_prompt, _completion, _label, _tools]);
        return draft.AsMessages
            ? _chat.Chat(json, line, draft) ?? TurnRules.Check(json, line, draft)
            : _pair.Pair(json, line, draft, textKind: RecordKind.Unpaired, listKind: RecordKind.Unpaired);
    }
}

using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"prompt":…,"completion":…}</c>: two texts, or two lists of messages; the completion alone is learnt.</summary>
internal sealed class PromptCompletionFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _prompt = fields["prompt"], _completion = fields["completion"], _label = fields["label"], _tools = fields["tools"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) => FitsPair(json, line) && !JsonSpace.HasFlag(json, line, _label);

    /// <summary>Whether prompt and completion are two texts or two lists.</summary>
    public bool FitsPair(JsonLine json, ReadOnlySpan<byte> line) =>
        (JsonSpace.Has(json, line, _prompt, JsonTokenType.String) && JsonSpace.Has(json, line, _completion, JsonTokenType.String))
        || (JsonSpace.Has(json, line, _prompt, JsonTokenType.StartArray) && JsonSpace.Has(json, line, _completion, JsonTokenType.StartArray));

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.PromptCompletion);
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _prompt, _completion, _tools);
        return Pair(json, line, draft, textKind: RecordKind.PromptCompletion, listKind: RecordKind.Messages);
    }

    /// <summary>Reads prompt and completion into a draft that was begun.</summary>
    public RecordFault? Pair(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft, RecordKind textKind, RecordKind listKind)
    {
        var prompt = JsonSpace.Find(json.Tokens, 0, line, _prompt.Utf8);
        var completion = JsonSpace.Find(json.Tokens, 0, line, _completion.Utf8);
        if (prompt < 0 || completion < 0)
            return JsonSpace.Missing(prompt < 0 ? _prompt.Text : _completion.Text, "/" + (prompt < 0 ? _prompt.Text : _completion.Text));
        var asText = json.Tokens[prompt].Type == JsonTokenType.String;
        if (!asText && json.Tokens[prompt].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, prompt, _prompt.Text, "a string or a list of messages");
        if (json.Tokens[completion].Type != json.Tokens[prompt].Type)
            return JsonSpace.Wrong(json, line, completion, _completion.Text, asText ? "a string, as the prompt is" : "a list of messages, as the prompt is");
        (draft.Kind, draft.AsMessages) = (asText ? textKind : listKind, !asText);
        if (!asText)
        {
            return turns.Read(json, line, prompt, supervised: false, draft) ?? turns.Read(json, line, completion, supervised: true, draft)
                ?? (JsonSpace.FindValue(json, 0, line, _tools) is >= 0 and var tools ? turns.Tools.Tools(json, line, tools, draft) : null) ?? TurnRules.Check(json, line, draft);
        }
        draft.Open(Role.User, prompt);
        draft.Add(line, json.Tokens[prompt]);
        draft.Open(Role.Assistant, completion);
        draft.Add(line, json.Tokens[completion]);
        return TurnRules.Check(json, line, draft);
    }
}

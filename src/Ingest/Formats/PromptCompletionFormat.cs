using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary><c>{"prompt":…,"completion":…}</c>: two texts, or two lists of messages; the completion alone is learnt.</summary>
internal sealed class PromptCompletionFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _prompt = fields["prompt"], _completion = fields["completion"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        JsonSpace.Find(json.Tokens, 0, line, _prompt.Utf8) is >= 0 and var prompt && JsonSpace.Find(json.Tokens, 0, line, _completion.Utf8) is >= 0 and var completion
        && json.Tokens[prompt].Type == json.Tokens[completion].Type && json.Tokens[prompt].Type is JsonTokenType.String or JsonTokenType.StartArray;

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        var prompt = JsonSpace.Find(json.Tokens, 0, line, _prompt.Utf8);
        var completion = JsonSpace.Find(json.Tokens, 0, line, _completion.Utf8);
        if (prompt < 0 || completion < 0)
            return JsonSpace.Missing(prompt < 0 ? _prompt.Text : _completion.Text, "/" + (prompt < 0 ? _prompt.Text : _completion.Text));
        var asText = json.Tokens[prompt].Type == JsonTokenType.String;
        if (!asText && json.Tokens[prompt].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, prompt, _prompt.Text, "a string or a list of messages");
        if (json.Tokens[completion].Type != json.Tokens[prompt].Type)
            return JsonSpace.Wrong(json, line, completion, _completion.Text, asText ? "a string, as the prompt is" : "a list of messages, as the prompt is");
        draft.Begin(asText ? RecordKind.PromptCompletion : RecordKind.Messages);
        if (JsonSpace.HasOthers(json.Tokens, 0, line, _prompt, _completion))
            draft.Warn(Warning.UnknownKey);
        if (!asText)
            return turns.Read(json, line, prompt, supervised: false, draft) ?? turns.Read(json, line, completion, supervised: true, draft) ?? Finish(json, line, draft);
        draft.Open(Role.User, prompt);
        draft.Add(line, json.Tokens[prompt]);
        draft.Open(Role.Assistant, completion);
        draft.Add(line, json.Tokens[completion]);
        return Finish(json, line, draft);
    }
}

using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// <c>{"prompt","chosen","rejected"}</c>: a better and a worse answer, as texts or as lists of messages. Lists may hold the prompt themselves; then it is
/// the longest beginning that both share, but for each one's last message.
/// </summary>
internal sealed class PreferenceFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _prompt = fields["prompt"], _messages = fields["messages"], _chosen = fields["chosen"], _rejected = fields["rejected"], _tools = fields["tools"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        (JsonSpace.Has(json, line, _chosen, JsonTokenType.String) && JsonSpace.Has(json, line, _rejected, JsonTokenType.String))
        || (JsonSpace.Has(json, line, _chosen, JsonTokenType.StartArray) && JsonSpace.Has(json, line, _rejected, JsonTokenType.StartArray));

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Preference);
        var (chosen, rejected) = (JsonSpace.Find(json.Tokens, 0, line, _chosen.Utf8), JsonSpace.Find(json.Tokens, 0, line, _rejected.Utf8));
        if (chosen < 0 || rejected < 0)
            return JsonSpace.Missing(chosen < 0 ? _chosen.Text : _rejected.Text, "/" + (chosen < 0 ? _chosen.Text : _rejected.Text));
        var asText = json.Tokens[chosen].Type == JsonTokenType.String;
        if (!asText && json.Tokens[chosen].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, chosen, _chosen.Text, "a string or a list of messages");
        if (json.Tokens[rejected].Type != json.Tokens[chosen].Type)
            return JsonSpace.Wrong(json, line, rejected, _rejected.Text, asText ? "a string, as the chosen answer is" : "a list of messages, as the chosen answer is");
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _prompt, _messages, _chosen, _rejected, _tools);
        var prompt = JsonSpace.FindValue(json, 0, line, _prompt);
        if (prompt < 0)
            prompt = JsonSpace.FindValue(json, 0, line, _messages);
        return asText ? Texts(json, line, prompt, chosen, rejected, draft) : Lists(json, line, prompt, chosen, rejected, draft);
    }

    private RecordFault? Texts(JsonLine json, ReadOnlySpan<byte> line, int prompt, int chosen, int rejected, RecordDraft draft)
    {
        if (prompt >= 0 && json.Tokens[prompt].Type == JsonTokenType.StartArray)
            return AnswersToMessages(json, line, prompt, chosen, rejected, draft);
        if (prompt >= 0 && json.Tokens[prompt].Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, prompt, _prompt.Text, "a string or a list of messages");
        Open(json, line, prompt, Role.User, TurnList.Main, draft);
        Open(json, line, chosen, Role.Assistant, TurnList.Chosen, draft);
        Open(json, line, rejected, Role.Assistant, TurnList.Rejected, draft);
        if (JsonSpace.IsBlank(draft.TextOf(draft.Turns[0])))
            return new("REC_EMPTY_PROMPT", "Both answers need a prompt that they answer; it is missing or empty.", prompt < 0 ? "/" + _prompt.Text : json.PointerTo(prompt, line));
        for (var i = 1; i < 3; i++)
        {
            if (JsonSpace.IsBlank(draft.TextOf(draft.Turns[i])))
                return new("REC_EMPTY_CONTENT", $"The {(i == 1 ? "chosen" : "rejected")} answer is empty.", json.PointerTo(draft.Turns[i].Token, line));
        }
        return draft.TextOf(draft.Turns[1]).SequenceEqual(draft.TextOf(draft.Turns[2])) ? Same(json, line, rejected) : null;
    }

    /// <summary>A prompt of messages that two texts answer: each text is an assistant's message.</summary>
    private RecordFault? AnswersToMessages(JsonLine json, ReadOnlySpan<byte> line, int prompt, int chosen, int rejected, RecordDraft draft)
    {
        draft.AsMessages = true;
        if (turns.Read(json, line, prompt, supervised: true, draft) is { } fault)
            return fault;
        var shared = draft.Count;
        Open(json, line, chosen, Role.Assistant, TurnList.Chosen, draft);
        Open(json, line, rejected, Role.Assistant, TurnList.Rejected, draft);
        return Pair(json, line, rejected, shared, draft);
    }

    private RecordFault? Lists(JsonLine json, ReadOnlySpan<byte> line, int prompt, int chosen, int rejected, RecordDraft draft)
    {
        draft.AsMessages = true;
        var asText = prompt >= 0 && json.Tokens[prompt].Type == JsonTokenType.String;
        if (prompt >= 0 && !asText && json.Tokens[prompt].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, prompt, _prompt.Text, "a string or a list of messages");
        if (asText)
            Open(json, line, prompt, Role.User, TurnList.Main, draft);
        else if (prompt >= 0 && turns.Read(json, line, prompt, supervised: true, draft) is { } wrong)
            return wrong;
        var given = draft.Count;
        if (turns.Read(json, line, chosen, supervised: true, draft, TurnList.Chosen) is { } first)
            return first;
        var middle = draft.Count;
        if (turns.Read(json, line, rejected, supervised: true, draft, TurnList.Rejected) is { } second)
            return second;
        var shared = SharedTurns.Find(draft, given, middle, asText);
        if (shared < 0)
            return new("REC_PROMPT_DIFFERS", "The answers begin with messages, but the prompt is none of them.", json.PointerTo(prompt, line));
        return Pair(json, line, rejected, shared, draft)
            ?? (JsonSpace.FindValue(json, 0, line, _tools) is >= 0 and var tools ? turns.Tools.Tools(json, line, tools, draft) : null);
    }

    /// <summary>What holds for a prompt and two answers of messages.</summary>
    private RecordFault? Pair(JsonLine json, ReadOnlySpan<byte> line, int rejected, int shared, RecordDraft draft)
    {
        var said = false;
        foreach (ref readonly var turn in draft.Turns)
            said |= turn.TurnList == TurnList.Main && !JsonSpace.IsBlank(draft.TextOf(turn));
        if (shared == 0 || !said)
            return new("REC_EMPTY_PROMPT", "The two answers share no message that they answer.", "/" + _chosen.Text);
        foreach (var section in (ReadOnlySpan<TurnList>)[TurnList.Chosen, TurnList.Rejected])
        {
            if (TurnRules.InOrder(json, line, draft, section) is { } fault)
                return fault;
            var last = SharedTurns.LastOf(draft, section);
            if (last < 0 || draft.Turns[last].Role != Role.Assistant)
                return new("REC_NO_SUPERVISED_TOKENS", $"The {(section == TurnList.Chosen ? "chosen" : "rejected")} answer does not end with an assistant's message.", "/" + (section == TurnList.Chosen ? _chosen.Text : _rejected.Text));
        }
        return SharedTurns.SameAnswers(draft) ? Same(json, line, rejected) : null;
    }

    private static RecordFault Same(JsonLine json, ReadOnlySpan<byte> line, int rejected) =>
        new("REC_SAME_ANSWERS", "The chosen and the rejected answer are the same: there is nothing to prefer.", json.PointerTo(rejected, line));

    private static void Open(JsonLine json, ReadOnlySpan<byte> line, int token, Role role, TurnList section, RecordDraft draft)
    {
        draft.Open(role, Math.Max(token, 0), section);
        if (token >= 0)
            draft.Add(line, json.Tokens[token]);
    }
}

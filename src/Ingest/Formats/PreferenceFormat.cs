using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// <c>{"prompt","chosen","rejected"}</c>: a better and a worse answer, as texts or as lists of messages. Lists may hold the prompt themselves; then it is
/// the longest beginning that both share, but for each one's last message. OpenAI's lines, <c>{"input": {"messages"}, "preferred_output",
/// "non_preferred_output"}</c>, say the same in other words.
/// </summary>
internal sealed class PreferenceFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private readonly FieldName _prompt = fields["prompt"], _messages = fields["messages"], _chosen = fields["chosen"], _rejected = fields["rejected"], _tools = fields["tools"];
    private readonly FieldName _input = new("input"), _preferred = new("preferred_output"), _other = new("non_preferred_output"), _parallel = new("parallel_tool_calls");

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) =>
        (JsonSpace.Has(json, line, _chosen, JsonTokenType.String) && JsonSpace.Has(json, line, _rejected, JsonTokenType.String))
        || (JsonSpace.Has(json, line, _chosen, JsonTokenType.StartArray) && JsonSpace.Has(json, line, _rejected, JsonTokenType.StartArray))
        || (JsonSpace.Has(json, line, _input, JsonTokenType.StartObject) && JsonSpace.Has(json, line, _preferred, JsonTokenType.StartArray) && JsonSpace.Has(json, line, _other, JsonTokenType.StartArray));

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Preference);
        var (chosen, rejected) = (JsonSpace.Find(json.Tokens, 0, line, _chosen.Utf8), JsonSpace.Find(json.Tokens, 0, line, _rejected.Utf8));
        if (chosen < 0 && rejected < 0 && IsOpenAi(json, line))
            return OpenAi(json, line, draft);
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
        var tools = JsonSpace.FindValue(json, 0, line, _tools);
        return asText ? Texts(json, line, prompt, chosen, rejected, draft) : Lists(json, line, new(prompt, chosen, rejected, tools, _chosen.Text, _rejected.Text), draft);
    }

    private bool IsOpenAi(JsonLine json, ReadOnlySpan<byte> line) =>
        JsonSpace.Find(json.Tokens, 0, line, _preferred.Utf8) >= 0 || JsonSpace.Find(json.Tokens, 0, line, _other.Utf8) >= 0;

    private RecordFault? OpenAi(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        foreach (var (field, type, expected) in (ReadOnlySpan<(FieldName, JsonTokenType, string)>)[(_input, JsonTokenType.StartObject, "an object with messages"), (_preferred, JsonTokenType.StartArray, "a list of messages"), (_other, JsonTokenType.StartArray, "a list of messages")])
        {
            var at = JsonSpace.Find(json.Tokens, 0, line, field.Utf8);
            if (at < 0)
                return JsonSpace.Missing(field.Text, "/" + field.Text);
            if (json.Tokens[at].Type != type)
                return JsonSpace.Wrong(json, line, at, field.Text, expected);
        }
        var input = JsonSpace.Find(json.Tokens, 0, line, _input.Utf8);
        var messages = JsonSpace.Find(json.Tokens, input, line, _messages.Utf8);
        if (messages < 0)
            return JsonSpace.Missing(_messages.Text, $"/{_input.Text}/{_messages.Text}");
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _input, _preferred, _other);
        JsonSpace.NoteOthers(json.Tokens, input, line, draft, _messages, _tools, _parallel);
        return Lists(json, line, new(messages, JsonSpace.Find(json.Tokens, 0, line, _preferred.Utf8), JsonSpace.Find(json.Tokens, 0, line, _other.Utf8), JsonSpace.FindValue(json, input, line, _tools), _preferred.Text, _other.Text), draft);
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
        return Pair(json, line, new(prompt, chosen, rejected, -1, _chosen.Text, _rejected.Text), shared, draft);
    }

    private RecordFault? Lists(JsonLine json, ReadOnlySpan<byte> line, in PairPlaces places, RecordDraft draft)
    {
        draft.AsMessages = true;
        var prompt = places.Prompt;
        var asText = prompt >= 0 && json.Tokens[prompt].Type == JsonTokenType.String;
        if (prompt >= 0 && !asText && json.Tokens[prompt].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, prompt, _prompt.Text, "a string or a list of messages");
        if (asText)
            Open(json, line, prompt, Role.User, TurnList.Main, draft);
        else if (prompt >= 0 && turns.Read(json, line, prompt, supervised: true, draft) is { } wrong)
            return wrong;
        var given = draft.Count;
        if (turns.Read(json, line, places.Chosen, supervised: true, draft, TurnList.Chosen) is { } first)
            return first;
        var middle = draft.Count;
        if (turns.Read(json, line, places.Rejected, supervised: true, draft, TurnList.Rejected) is { } second)
            return second;
        var shared = SharedTurns.Find(draft, given, middle, asText);
        if (shared < 0)
            return new("REC_PROMPT_DIFFERS", "The answers begin with messages, but the prompt is none of them.", json.PointerTo(prompt, line));
        return Pair(json, line, places, shared, draft) ?? (places.Tools >= 0 ? turns.Tools.Tools(json, line, places.Tools, draft) : null);
    }

    /// <summary>What holds for a prompt and two answers of messages.</summary>
    private static RecordFault? Pair(JsonLine json, ReadOnlySpan<byte> line, in PairPlaces places, int shared, RecordDraft draft)
    {
        var said = false;
        foreach (ref readonly var turn in draft.Turns)
            said |= turn.TurnList == TurnList.Main && !JsonSpace.IsBlank(draft.TextOf(turn));
        if (shared == 0 || !said)
            return new("REC_EMPTY_PROMPT", "The two answers share no message that they answer.", "/" + places.Better);
        foreach (var section in (ReadOnlySpan<TurnList>)[TurnList.Chosen, TurnList.Rejected])
        {
            if (TurnRules.InOrder(json, line, draft, section) is { } fault)
                return fault;
            var last = SharedTurns.LastOf(draft, section);
            if (last < 0 || draft.Turns[last].Role != Role.Assistant)
                return new("REC_NO_SUPERVISED_TOKENS", $"The {(section == TurnList.Chosen ? "chosen" : "rejected")} answer does not end with an assistant's message.", "/" + (section == TurnList.Chosen ? places.Better : places.Worse));
        }
        return SharedTurns.SameAnswers(draft) ? Same(json, line, places.Rejected) : null;
    }

    private static RecordFault Same(JsonLine json, ReadOnlySpan<byte> line, int rejected) =>
        new("REC_SAME_ANSWERS", "The chosen and the rejected answer are the same: there is nothing to prefer.", json.PointerTo(rejected, line));

    private static void Open(JsonLine json, ReadOnlySpan<byte> line, int token, Role role, TurnList section, RecordDraft draft)
    {
        draft.Open(role, Math.Max(token, 0), section);
        if (token >= 0)
            draft.Add(line, json.Tokens[token]);
    }

    /// <summary>Where the parts of a pair of lists are, and what the file calls the two answers; -1: not there.</summary>
    private readonly record struct PairPlaces(int Prompt, int Chosen, int Rejected, int Tools, string Better, string Worse);
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// <c>{"conversations":[{"from","value"},…]}</c> with optional <c>system</c> and <c>tools</c>: human, gpt, system, function_call and observation become the
/// roles of a chat. After the system message, people (or what tools observed) and the assistant take turns.
/// </summary>
internal sealed class SharegptFormat(FieldNames fields, TurnReader turns) : FormatReader
{
    private const int MostBreaks = 5;
    private readonly FieldName _conversations = fields["conversations"], _from = fields["from"], _value = fields["value"], _system = fields["system"], _tools = fields["tools"];
    private readonly FieldName _weight = fields["weight"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line)
    {
        var list = JsonSpace.Find(json.Tokens, 0, line, _conversations.Utf8);
        return list >= 0 && json.Tokens[list].Type == JsonTokenType.StartArray && list + 1 < json.Tokens.Length && json.Tokens[list].Next > list + 1
            && json.Tokens[list + 1].Type == JsonTokenType.StartObject && JsonSpace.Find(json.Tokens, list + 1, line, _from.Utf8) >= 0;
    }

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Messages, asMessages: true);
        var list = JsonSpace.Find(json.Tokens, 0, line, _conversations.Utf8);
        if (list < 0)
            return JsonSpace.Missing(_conversations.Text, "/" + _conversations.Text);
        if (json.Tokens[list].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, list, _conversations.Text, "a list of turns");
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _conversations, _system, _tools);
        return System(json, line, draft) ?? Turns(json, line, list, draft)
            ?? (JsonSpace.FindValue(json, 0, line, _tools) is >= 0 and var tools ? turns.Tools.Tools(json, line, tools, draft) : null)
            ?? Alternation(json, line, list, draft) ?? TurnRules.Check(json, line, draft);
    }

    private RecordFault? System(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        var system = JsonSpace.FindValue(json, 0, line, _system);
        if (system < 0 || json.Tokens[system] is { Type: JsonTokenType.String, Length: 0 })
            return null;
        if (json.Tokens[system].Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, system, _system.Text, "a string");
        draft.Open(Role.System, system);
        draft.Add(line, json.Tokens[system]);
        return null;
    }

    private RecordFault? Turns(JsonLine json, ReadOnlySpan<byte> line, int list, RecordDraft draft)
    {
        var tokens = json.Tokens;
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            if (tokens[at].Type != JsonTokenType.StartObject)
                return JsonSpace.Wrong(json, line, at, "turn", "an object");
            var (from, value) = (JsonSpace.Find(tokens, at, line, _from.Utf8), JsonSpace.Find(tokens, at, line, _value.Utf8));
            if (from < 0 || value < 0)
                return JsonSpace.Missing(from < 0 ? _from.Text : _value.Text, $"{json.PointerTo(at, line)}/{(from < 0 ? _from.Text : _value.Text)}");
            if (tokens[from].Type != JsonTokenType.String || tokens[value].Type != JsonTokenType.String)
                return tokens[from].Type != JsonTokenType.String ? JsonSpace.Wrong(json, line, from, _from.Text, "a string") : JsonSpace.Wrong(json, line, value, _value.Text, "a string");
            if (RoleOf(tokens[from], line, out var calls) is not { } role)
                return new("REC_UNKNOWN_ROLE", $"'{JsonText.Shown(line, tokens[from])}' is not a role.", json.PointerTo(from, line));
            JsonSpace.NoteOthers(tokens, at, line, draft, _from, _value, _weight);
            draft.Open(role, value);
            if (Weight(json, line, at, role, draft) is { } wrong)
                return wrong;
            if (!calls)
                draft.Add(line, tokens[value]);
            else if (turns.Tools.CallsIn(json, line, value, draft) is { } fault)
                return fault;
        }
        return null;
    }

    private RecordFault? Weight(JsonLine json, ReadOnlySpan<byte> line, int turn, Role role, RecordDraft draft)
    {
        var weight = JsonSpace.FindValue(json, turn, line, _weight);
        if (weight < 0 || role != Role.Assistant)
            return null;
        if (!JsonSpace.Is(json.Tokens[weight], line, "0"u8) && !JsonSpace.Is(json.Tokens[weight], line, "1"u8))
            return new("REC_WRONG_TYPE", $"'{_weight.Text}' must be 0 or 1.", json.PointerTo(weight, line));
        draft.Last.Weight = line[json.Tokens[weight].Start] - '0';
        return null;
    }

    private Role? RoleOf(in JsonToken from, ReadOnlySpan<byte> line, out bool calls)
    {
        calls = JsonSpace.Is(from, line, "function_call"u8);
        if (calls || JsonSpace.Is(from, line, "gpt"u8) || JsonSpace.Is(from, line, "chatgpt"u8))
            return Role.Assistant;
        if (JsonSpace.Is(from, line, "human"u8))
            return Role.User;
        return JsonSpace.Is(from, line, "observation"u8) ? Role.Tool : turns.RoleOf(from, line);
    }

    /// <summary>Every turn that does not follow the one before it, by its place in the list.</summary>
    private RecordFault? Alternation(JsonLine json, ReadOnlySpan<byte> line, int list, RecordDraft draft)
    {
        var (breaks, count, first, expected) = (new StringBuilder(), 0, -1, Speaker.Asks);
        var offset = JsonSpace.FindValue(json, 0, line, _system) is >= 0 and var system && json.Tokens[system].Length > 0 ? 1 : 0;
        for (var i = offset; i < draft.Count; i++)
        {
            ref readonly var turn = ref draft.Turns[i];
            var speaker = turn.Role switch { Role.Assistant => Speaker.Answers, Role.User or Role.Tool => Speaker.Asks, _ => Speaker.Sets };
            if (speaker == Speaker.Sets && i == offset)
                continue;
            // One call of several functions is answered by several observations.
            var together = turn.Role == Role.Tool && i > offset && draft.Turns[i - 1].Role == Role.Tool;
            if (speaker != expected && !together)
            {
                first = first < 0 ? turn.Token : first;
                if (count++ < MostBreaks)
                    breaks.Append(CultureInfo.InvariantCulture, $"{(count == 1 ? "" : ", ")}{i - offset} ({Encoding.UTF8.GetString(RoleNames.Utf8(turn.Role))}{(i > offset ? " after " + Encoding.UTF8.GetString(RoleNames.Utf8(draft.Turns[i - 1].Role)) : " first")})");
            }
            expected = speaker == Speaker.Answers ? Speaker.Asks : Speaker.Answers;
        }
        var more = count > MostBreaks ? string.Create(CultureInfo.InvariantCulture, $" and {count - MostBreaks} more") : "";
        return count == 0 ? null : new("REC_ALTERNATION", $"People and assistant do not take turns at {_conversations.Text} {breaks}{more}.", json.PointerTo(first < 0 ? list : first, line));
    }

    private enum Speaker
    {
        Asks,
        Answers,
        Sets,
    }
}

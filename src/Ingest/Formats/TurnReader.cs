using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// Reads lists of messages: role, content (text, or parts of text), whether an answer counts (<c>weight</c> 0/1 or <c>train</c>), name, calls of tools
/// and the call that a tool's message answers.
/// </summary>
internal sealed class TurnReader(FieldNames fields, IReadOnlyDictionary<string, string> roles)
{
    private readonly FieldName _role = fields["role"], _content = fields["content"], _weight = fields["weight"], _train = fields["train"], _name = fields["name"],
        _calls = fields["tool_calls"], _callId = fields["tool_call_id"];
    private readonly (byte[] Name, Role Role)[] _mapped = [.. roles.Select(r => (Encoding.UTF8.GetBytes(r.Key), RoleNames.Find(r.Value)!.Value))];

    /// <summary>Reads tools and calls.</summary>
    public ToolReader Tools { get; } = new();

    /// <summary>Appends the messages of the array at <paramref name="list"/> to the draft.</summary>
    /// <param name="json">The line.</param>
    /// <param name="line">Its bytes.</param>
    /// <param name="list">Index of the array.</param>
    /// <param name="supervised">False: assistants' messages get weight 0.</param>
    /// <param name="draft">Grows.</param>
    /// <param name="section">List of the record that they belong to.</param>
    public RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, int list, bool supervised, RecordDraft draft, TurnList section = TurnList.Main)
    {
        var tokens = json.Tokens;
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            if (tokens[at].Type != JsonTokenType.StartObject)
                return JsonSpace.Wrong(json, line, at, "message", "an object");
            draft.Open(Role.User, at, section);
            if (Message(json, line, at, supervised, draft) is { } fault)
                return fault;
        }
        return null;
    }

    /// <summary>The role that a string names, by the configuration's mapping and then by itself.</summary>
    public Role? RoleOf(in JsonToken value, ReadOnlySpan<byte> line)
    {
        foreach (var (name, mapped) in _mapped)
        {
            if (JsonSpace.Is(value, line, name))
                return mapped;
        }
        for (var role = Role.System; role <= Role.Tool; role++)
        {
            if (JsonSpace.Is(value, line, RoleNames.Utf8(role)))
                return role;
        }
        return JsonSpace.Is(value, line, "function"u8) ? Role.Tool : null;
    }

    private RecordFault? Message(JsonLine json, ReadOnlySpan<byte> line, int message, bool supervised, RecordDraft draft)
    {
        var places = Places(json, line, message, draft);
        if (places.Role < 0)
            return JsonSpace.Missing(_role.Text, json.PointerTo(message, line) + "/" + _role.Text);
        if (json.Tokens[places.Role].Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, places.Role, _role.Text, "a string");
        if (RoleOf(json.Tokens[places.Role], line) is not { } role)
            return new("REC_UNKNOWN_ROLE", $"'{JsonText.Shown(line, json.Tokens[places.Role])}' is not a role.", json.PointerTo(places.Role, line));
        var fault = WeightAt(json, line, places.Weight, places.Train, out var counts) ?? Word(json, line, places.Name, _name, draft, out draft.Last.Name)
            ?? Word(json, line, places.CallId, _callId, draft, out draft.Last.CallId) ?? Calls(json, line, places, role, draft);
        if (fault is not null)
            return fault;
        draft.Last.Role = role;
        draft.Last.Weight = role != Role.Assistant ? 1 : supervised ? counts : 0;
        return Content(json, line, message, places.Content, draft);
    }

    private MessagePlaces Places(JsonLine json, ReadOnlySpan<byte> line, int message, RecordDraft draft)
    {
        var tokens = json.Tokens;
        var places = new MessagePlaces();
        for (var at = message + 1; at < tokens[message].Next; at = tokens[at + 1].Next)
        {
            ref readonly var name = ref tokens[at];
            if (JsonSpace.Is(name, line, _role.Utf8))
                places.Role = at + 1;
            else if (JsonSpace.Is(name, line, _content.Utf8))
                places.Content = at + 1;
            else if (tokens[at + 1].Type == JsonTokenType.Null)
                continue;
            else if (JsonSpace.Is(name, line, _weight.Utf8))
                places.Weight = at + 1;
            else if (JsonSpace.Is(name, line, _train.Utf8))
                places.Train = at + 1;
            else if (JsonSpace.Is(name, line, _name.Utf8))
                places.Name = at + 1;
            else if (JsonSpace.Is(name, line, _callId.Utf8))
                places.CallId = at + 1;
            else if (JsonSpace.Is(name, line, _calls.Utf8))
                places.Calls = at + 1;
            else if (JsonSpace.Is(name, line, "function_call"u8))
                places.FunctionCall = at + 1;
            else
                draft.WarnOfKey(at);
        }
        return places;
    }

    private RecordFault? WeightAt(JsonLine json, ReadOnlySpan<byte> line, int weight, int train, out int counts)
    {
        counts = 1;
        if (weight >= 0)
        {
            if (json.Tokens[weight].Type != JsonTokenType.Number || !(JsonSpace.Is(json.Tokens[weight], line, "0"u8) || JsonSpace.Is(json.Tokens[weight], line, "1"u8)))
                return new("REC_WRONG_TYPE", $"'{_weight.Text}' must be 0 or 1.", json.PointerTo(weight, line));
            counts = line[json.Tokens[weight].Start] - '0';
        }
        if (train >= 0)
        {
            if (json.Tokens[train].Type is not (JsonTokenType.True or JsonTokenType.False))
                return JsonSpace.Wrong(json, line, train, _train.Text, "true or false");
            counts &= json.Tokens[train].Type == JsonTokenType.True ? 1 : 0;
        }
        return null;
    }

    /// <summary>A short string as a text of its own; -1 where it is absent or empty.</summary>
    private static RecordFault? Word(JsonLine json, ReadOnlySpan<byte> line, int token, FieldName field, RecordDraft draft, out int text)
    {
        text = -1;
        if (token < 0)
            return null;
        if (json.Tokens[token].Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, token, field.Text, "a string");
        if (json.Tokens[token].Length > 0)
            text = draft.NewText(line, json.Tokens[token], token);
        return null;
    }

    private RecordFault? Calls(JsonLine json, ReadOnlySpan<byte> line, in MessagePlaces places, Role role, RecordDraft draft)
    {
        var fault = (places.Calls < 0 ? null : Tools.Calls(json, line, places.Calls, draft)) ?? (places.FunctionCall < 0 ? null : Tools.Call(json, line, places.FunctionCall, draft));
        return fault is null && draft.Last.Calls > 0 && role != Role.Assistant
            ? new("REC_TOOL_CALL", "Only an assistant calls tools.", json.PointerTo(places.Calls < 0 ? places.FunctionCall : places.Calls, line))
            : fault;
    }

    private RecordFault? Content(JsonLine json, ReadOnlySpan<byte> line, int message, int content, RecordDraft draft)
    {
        var tokens = json.Tokens;
        if (draft.Last.Calls > 0 && (content < 0 || tokens[content].Type == JsonTokenType.Null))
            return null;
        if (content < 0)
            return JsonSpace.Missing(_content.Text, json.PointerTo(message, line) + "/" + _content.Text);
        draft.Last.Token = content;
        draft.Last.Content = draft.NewText(content);
        if (tokens[content].Type == JsonTokenType.String)
        {
            draft.Add(line, tokens[content]);
            return null;
        }
        if (tokens[content].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, content, _content.Text, "a string or a list of parts");
        for (var part = content + 1; part < tokens[content].Next; part = tokens[part].Next)
        {
            if (tokens[part].Type != JsonTokenType.StartObject)
                return JsonSpace.Wrong(json, line, part, "part", "an object");
            var type = JsonSpace.Find(tokens, part, line, "type"u8);
            var text = JsonSpace.Find(tokens, part, line, "text"u8);
            if (type < 0 || !JsonSpace.Is(tokens[type], line, "text"u8))
                return new("REC_UNSUPPORTED_CONTENT", "A part of the content is not text; only parts of type text are kept by this version.", json.PointerTo(part, line));
            if (text < 0 || tokens[text].Type != JsonTokenType.String)
                return text < 0 ? JsonSpace.Missing("text", json.PointerTo(part, line) + "/text") : JsonSpace.Wrong(json, line, text, "text", "a string");
            draft.Add(line, tokens[text]);
        }
        return null;
    }

    /// <summary>Where the members of a message are; -1 where they are not.</summary>
    private struct MessagePlaces()
    {
        public int Role = -1, Content = -1, Weight = -1, Train = -1, Name = -1, CallId = -1, Calls = -1, FunctionCall = -1;
    }
}

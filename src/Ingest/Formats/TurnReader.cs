using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Reads lists of messages: role, content (text, or parts of text), and whether an answer counts (<c>weight</c> 0/1 or <c>train</c>).</summary>
internal sealed class TurnReader(FieldNames fields, IReadOnlyDictionary<string, string> roles)
{
    private readonly FieldName _role = fields["role"], _content = fields["content"], _weight = fields["weight"], _train = fields["train"];
    private readonly (byte[] Name, Role Role)[] _mapped = [.. roles.Select(r => (Encoding.UTF8.GetBytes(r.Key), RoleNames.Find(r.Value)!.Value))];

    /// <summary>Appends the messages of the array at <paramref name="list"/> to the draft.</summary>
    /// <param name="json">The line.</param>
    /// <param name="line">Its bytes.</param>
    /// <param name="list">Index of the array.</param>
    /// <param name="supervised">False: assistants' messages get weight 0.</param>
    /// <param name="draft">Grows.</param>
    public RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, int list, bool supervised, RecordDraft draft)
    {
        var tokens = json.Tokens;
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            if (tokens[at].Type != JsonTokenType.StartObject)
                return JsonSpace.Wrong(json, line, at, "message", "an object");
            draft.Open(Role.User, at);
            if (Message(json, line, at, supervised, draft) is { } fault)
                return fault;
        }
        return null;
    }

    private RecordFault? Message(JsonLine json, ReadOnlySpan<byte> line, int message, bool supervised, RecordDraft draft)
    {
        var tokens = json.Tokens;
        int role = -1, content = -1, weight = -1, train = -1;
        for (var at = message + 1; at < tokens[message].Next; at = tokens[at + 1].Next)
        {
            ref readonly var name = ref tokens[at];
            if (JsonSpace.Is(name, line, _role.Utf8))
                role = at + 1;
            else if (JsonSpace.Is(name, line, _content.Utf8))
                content = at + 1;
            else if (JsonSpace.Is(name, line, _weight.Utf8))
                weight = at + 1;
            else if (JsonSpace.Is(name, line, _train.Utf8))
                train = at + 1;
            else if (Unsupported(json, line, at) is { } fault)
                return fault;
            else
                draft.Warn(Warning.UnknownKey);
        }
        if (role < 0)
            return JsonSpace.Missing(_role.Text, json.PointerTo(message, line) + "/" + _role.Text);
        if (content < 0)
            return JsonSpace.Missing(_content.Text, json.PointerTo(message, line) + "/" + _content.Text);
        if (RoleAt(json, line, role, out var speaker) is { } unknown)
            return unknown;
        if (WeightAt(json, line, weight, train, out var counts) is { } wrong)
            return wrong;
        draft.Amend(speaker, supervised || speaker != Role.Assistant ? (speaker == Role.Assistant ? counts : 1) : 0, content);
        return Content(json, line, content, draft);
    }

    private RecordFault? RoleAt(JsonLine json, ReadOnlySpan<byte> line, int token, out Role role)
    {
        role = Role.User;
        ref readonly var value = ref json.Tokens[token];
        if (value.Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, token, _role.Text, "a string");
        foreach (var (name, mapped) in _mapped)
        {
            if (!JsonSpace.Is(value, line, name))
                continue;
            role = mapped;
            return null;
        }
        for (role = Role.System; role <= Role.Tool; role++)
        {
            if (JsonSpace.Is(value, line, RoleNames.Utf8(role)))
                return null;
        }
        return new("REC_UNKNOWN_ROLE", $"'{JsonText.Shown(line, value)}' is not a role.", json.PointerTo(token, line));
    }

    private static RecordFault? WeightAt(JsonLine json, ReadOnlySpan<byte> line, int weight, int train, out int counts)
    {
        counts = 1;
        if (weight >= 0 && json.Tokens[weight].Type != JsonTokenType.Null)
        {
            if (json.Tokens[weight].Type != JsonTokenType.Number || !(JsonSpace.Is(json.Tokens[weight], line, "0"u8) || JsonSpace.Is(json.Tokens[weight], line, "1"u8)))
                return new("REC_WRONG_TYPE", "'weight' must be 0 or 1.", json.PointerTo(weight, line));
            counts = line[json.Tokens[weight].Start] - '0';
        }
        if (train >= 0 && json.Tokens[train].Type != JsonTokenType.Null)
        {
            if (json.Tokens[train].Type is not (JsonTokenType.True or JsonTokenType.False))
                return JsonSpace.Wrong(json, line, train, "train", "true or false");
            counts &= json.Tokens[train].Type == JsonTokenType.True ? 1 : 0;
        }
        return null;
    }

    private RecordFault? Content(JsonLine json, ReadOnlySpan<byte> line, int content, RecordDraft draft)
    {
        var tokens = json.Tokens;
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
            var type = JsonSpace.Find(tokens, part, line, "type"u8.ToArray());
            var text = JsonSpace.Find(tokens, part, line, "text"u8.ToArray());
            if (type < 0 || !JsonSpace.Is(tokens[type], line, "text"u8))
                return new("REC_UNSUPPORTED_CONTENT", "A part of the content is not text; only parts of type text are kept by this version.", json.PointerTo(part, line));
            if (text < 0 || tokens[text].Type != JsonTokenType.String)
                return text < 0 ? JsonSpace.Missing("text", json.PointerTo(part, line) + "/text") : JsonSpace.Wrong(json, line, text, "text", "a string");
            draft.Add(line, tokens[text]);
        }
        return null;
    }

    /// <summary>Tool calls would be lost, so they are refused rather than dropped; empty ones say nothing.</summary>
    private static RecordFault? Unsupported(JsonLine json, ReadOnlySpan<byte> line, int name)
    {
        ref readonly var key = ref json.Tokens[name];
        if (!JsonSpace.Is(key, line, "tool_calls"u8) && !JsonSpace.Is(key, line, "function_call"u8))
            return null;
        ref readonly var value = ref json.Tokens[name + 1];
        return value.Type == JsonTokenType.Null || value.Next == name + 2
            ? null
            : new("REC_UNSUPPORTED_CONTENT", $"'{JsonText.Shown(line, key)}' cannot be kept by this version.", json.PointerTo(name + 1, line));
    }
}

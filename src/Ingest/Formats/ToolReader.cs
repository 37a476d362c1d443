using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// Reads tools and the calls of tools: <c>{"id","type":"function","function":{"name","arguments"}}</c> or <c>{"name","arguments"}</c>, arguments as an
/// object or as a string that holds one.
/// </summary>
internal sealed class ToolReader
{
    private const string NoTool = "A tool must be an object with a name, or with a function that has one, or a string that holds such an object.";
    private readonly NestedJson _inner = new(), _outer = new();

    /// <summary>Adds the calls of a list to the draft's last turn. Null and an empty list are no calls.</summary>
    public RecordFault? Calls(JsonLine json, ReadOnlySpan<byte> line, int list, RecordDraft draft)
    {
        var tokens = json.Tokens;
        if (tokens[list].Type == JsonTokenType.Null)
            return null;
        if (tokens[list].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, list, "tool_calls", "a list of calls");
        for (var call = list + 1; call < tokens[list].Next; call = tokens[call].Next)
        {
            if (Call(json, line, call, draft) is { } fault)
                return fault;
        }
        return null;
    }

    /// <summary>Adds the calls that a string holds as JSON: one object, or a list of them.</summary>
    public RecordFault? CallsIn(JsonLine json, ReadOnlySpan<byte> line, int text, RecordDraft draft)
    {
        if (_outer.Parse(line, json.Tokens[text]) is not null)
            return Fault(json, line, text, "The call is not JSON");
        var tokens = _outer.Json.Tokens;
        var fault = tokens[0].Type == JsonTokenType.StartArray ? Calls(_outer.Json, _outer.Text, 0, draft) : Call(_outer.Json, _outer.Text, 0, draft);
        return fault is null ? null : fault with { Pointer = json.PointerTo(text, line) };
    }

    /// <summary>Adds one call to the draft's last turn.</summary>
    public RecordFault? Call(JsonLine json, ReadOnlySpan<byte> line, int call, RecordDraft draft)
    {
        var tokens = json.Tokens;
        if (tokens[call].Type != JsonTokenType.StartObject)
            return JsonSpace.Wrong(json, line, call, "call", "an object");
        var function = JsonSpace.Find(tokens, call, line, "function"u8) is >= 0 and var wrapped && tokens[wrapped].Type == JsonTokenType.StartObject ? wrapped : call;
        var name = JsonSpace.Find(tokens, function, line, "name"u8);
        if (name < 0 || tokens[name].Type != JsonTokenType.String || tokens[name].Length == 0)
            return Fault(json, line, call, "The call names no function");
        var arguments = JsonSpace.Find(tokens, function, line, "arguments"u8);
        if (arguments < 0)
            arguments = JsonSpace.Find(tokens, function, line, "parameters"u8);
        var id = JsonSpace.Find(tokens, call, line, "id"u8);
        var made = new DraftCall { Id = -1, Name = draft.NewText(line, tokens[name], name) };
        if (id >= 0 && tokens[id].Type == JsonTokenType.String && tokens[id].Length > 0)
            made.Id = draft.NewText(line, tokens[id], id);
        if (Arguments(json, line, arguments, draft, out made.Arguments) is { } fault)
            return fault;
        draft.AddCall(made);
        return null;
    }

    /// <summary>Adds the tools of a list, or of a string that holds one. Null and empty ones are none.</summary>
    public RecordFault? Tools(JsonLine json, ReadOnlySpan<byte> line, int tools, RecordDraft draft)
    {
        ref readonly var token = ref json.Tokens[tools];
        if (token.Type == JsonTokenType.Null || token is { Type: JsonTokenType.String, Length: 0 })
            return null;
        if (token.Type == JsonTokenType.StartArray)
            return List(json, line, tools, tools, draft);
        if (token.Type != JsonTokenType.String)
            return JsonSpace.Wrong(json, line, tools, "tools", "a list of tools");
        if (_outer.Parse(line, token) is not null || _outer.Json.Tokens[0].Type != JsonTokenType.StartArray)
            return new("REC_TOOLS", "'tools' is a string that holds no JSON list.", json.PointerTo(tools, line));
        var fault = List(_outer.Json, _outer.Text, 0, tools, draft);
        return fault is null ? null : fault with { Pointer = json.PointerTo(tools, line) };
    }

    private RecordFault? List(JsonLine json, ReadOnlySpan<byte> line, int list, int token, RecordDraft draft)
    {
        var tokens = json.Tokens;
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            if (tokens[at].Type != JsonTokenType.String)
            {
                if (!IsTool(json, line, at))
                    return new("REC_TOOLS", NoTool, json.PointerTo(at, line));
                draft.AddTool(_inner.Keep(line.Slice(tokens[at].Start, tokens[at].Length), token, draft));
                continue;
            }
            if (_inner.Parse(line, tokens[at]) is not null || !IsTool(_inner.Json, _inner.Text, 0))
                return new("REC_TOOLS", NoTool, json.PointerTo(at, line));
            draft.AddTool(_inner.Keep(_inner.Text, token, draft));
        }
        return null;
    }

    private static bool IsTool(JsonLine json, ReadOnlySpan<byte> line, int tool)
    {
        var tokens = json.Tokens;
        if (tokens[tool].Type != JsonTokenType.StartObject)
            return false;
        var function = JsonSpace.Find(tokens, tool, line, "function"u8) is >= 0 and var wrapped && tokens[wrapped].Type == JsonTokenType.StartObject ? wrapped : tool;
        return JsonSpace.Find(tokens, function, line, "name"u8) is >= 0 and var name && tokens[name] is { Type: JsonTokenType.String, Length: > 0 };
    }

    private RecordFault? Arguments(JsonLine json, ReadOnlySpan<byte> line, int value, RecordDraft draft, out int text)
    {
        text = -1;
        if (value < 0 || json.Tokens[value].Type == JsonTokenType.Null || json.Tokens[value] is { Type: JsonTokenType.String, Length: 0 })
        {
            text = draft.NewText(Math.Max(value, 0), isJson: true);
            draft.Add("{}"u8);
            return null;
        }
        ref readonly var token = ref json.Tokens[value];
        if (token.Type == JsonTokenType.StartObject)
        {
            text = _inner.Keep(line.Slice(token.Start, token.Length), value, draft);
            return null;
        }
        if (token.Type != JsonTokenType.String)
            return Fault(json, line, value, "The arguments are no JSON object");
        if (_inner.Parse(line, token) is { } fault)
            return Fault(json, line, value, $"The arguments are a string that holds no JSON object ({fault.Code})");
        if (_inner.Json.Tokens[0].Type != JsonTokenType.StartObject)
            return Fault(json, line, value, "The arguments are a string that holds no JSON object");
        text = _inner.Keep(_inner.Text, value, draft);
        return null;
    }

    private static RecordFault Fault(JsonLine json, ReadOnlySpan<byte> line, int token, string what) => new("REC_TOOL_CALL", $"{what}.", json.PointerTo(token, line));
}

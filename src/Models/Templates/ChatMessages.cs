using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Messages as template values, from canonical turns or from JSON as clients write it (tool calls, content in parts).</summary>
internal sealed class ChatMessages
{
    private readonly IReadOnlyList<OrderedDictionary<string, object?>> messages;

    private ChatMessages(IReadOnlyList<OrderedDictionary<string, object?>> messages) => this.messages = messages;

    /// <summary>Number of messages.</summary>
    public int Count => messages.Count;

    /// <summary>All texts and names inside, but the roles.</summary>
    public IEnumerable<string> Texts => messages.SelectMany(message => message.Where(pair => pair.Key != "role").SelectMany(pair => TextsOf(pair.Value)));

    /// <summary>Canonical turns.</summary>
    public static ChatMessages From(IReadOnlyList<ChatTurn> turns) =>
        new([.. turns.Select(ValueOf)]);

    /// <summary>A list of objects with at least a role.</summary>
    public static ChatMessages From(JsonArray messages) => new([.. messages.Select((message, i) =>
        JinjaJson.FromJson(message) is OrderedDictionary<string, object?> dict && dict.GetValueOrDefault("role") is string
            ? dict : throw new TemperException("invalid_json", $"Reading a chat: message {i + 1} is no object with a role."))]);

    /// <summary>The first messages.</summary>
    public ChatMessages Take(int count) => new([.. messages.Take(count)]);

    /// <summary>Whether the assistant wrote a message.</summary>
    public bool IsAssistant(int i) => messages[i]["role"] is "assistant";

    /// <summary>The messages for one rendering, every text changed by <paramref name="mark"/>.</summary>
    public List<object?> Marked(Func<string, string> mark) => [.. messages.Select(message =>
    {
        var copy = new OrderedDictionary<string, object?>(message.Count);
        foreach (var (key, value) in message) copy[key] = key == "role" ? value : Marked(value, mark);
        return (object?)copy;
    })];

    /// <summary>A value for one rendering, every text and every name inside changed by <paramref name="mark"/>.</summary>
    public static object? Marked(object? value, Func<string, string> mark)
    {
        switch (value)
        {
            case string text:
                return mark(text);
            case List<object?> list:
                return list.ConvertAll(item => Marked(item, mark));
            case OrderedDictionary<string, object?> dict:
                var copy = new OrderedDictionary<string, object?>(dict.Count);
                foreach (var (key, inner) in dict) copy[mark(key)] = Marked(inner, mark);
                return copy;
            default:
                return value;
        }
    }

    /// <summary>A turn as templates of Hugging Face expect it: what was not given is not there, arguments are objects, and a message that only calls has no content.</summary>
    private static OrderedDictionary<string, object?> ValueOf(ChatTurn turn)
    {
        var value = new OrderedDictionary<string, object?> { ["role"] = turn.Role, ["content"] = turn is { ToolCalls: not null, Content: "" } ? null : turn.Content };
        if (turn.Name is not null) value["name"] = turn.Name;
        if (turn.ToolCalls is not null) value["tool_calls"] = turn.ToolCalls.Select(ValueOf).ToList();
        if (turn.ToolCallId is not null) value["tool_call_id"] = turn.ToolCallId;
        return value;
    }

    private static object? ValueOf(ToolCall call)
    {
        var value = new OrderedDictionary<string, object?> { ["type"] = "function" };
        if (call.Id is not null) value["id"] = call.Id;
        value["function"] = new OrderedDictionary<string, object?> { ["name"] = call.Name, ["arguments"] = JinjaJson.FromJson(JsonNode.Parse(call.Arguments)) };
        return value;
    }

    /// <summary>All texts and names inside a value.</summary>
    public static IEnumerable<string> TextsOf(object? value) => value switch
    {
        string text => [text],
        List<object?> list => list.SelectMany(TextsOf),
        OrderedDictionary<string, object?> dict => dict.SelectMany(pair => TextsOf(pair.Value).Prepend(pair.Key)),
        _ => [],
    };
}

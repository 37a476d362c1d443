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

    /// <summary>All texts inside, but the roles.</summary>
    public IEnumerable<string> Texts => messages.SelectMany(message => message.Where(pair => pair.Key != "role").SelectMany(pair => TextsOf(pair.Value)));

    /// <summary>Canonical turns.</summary>
    public static ChatMessages From(IReadOnlyList<ChatTurn> turns) =>
        new([.. turns.Select(turn => new OrderedDictionary<string, object?> { ["role"] = turn.Role, ["content"] = turn.Content })]);

    /// <summary>A list of objects with at least a role.</summary>
    public static ChatMessages From(JsonArray messages) => new([.. messages.Select((message, i) =>
        JinjaJson.FromJson(message) is OrderedDictionary<string, object?> dict && dict.GetValueOrDefault("role") is string
            ? dict : throw new TemperException("invalid_json", $"Reading a chat: message {i + 1} is no object with a role."))]);

    /// <summary>The first messages.</summary>
    public ChatMessages Take(int count) => new([.. messages.Take(count)]);

    /// <summary>Whether the assistant wrote a message.</summary>
    public bool IsAssistant(int i) => messages[i]["role"] is "assistant";

    /// <summary>The messages for one rendering, every text changed by <paramref name="mark"/>.</summary>
    public List<object?> Marked(Func<string, string> mark)
    {
        return [.. messages.Select(message => (object?)Copy(message, atTop: true))];

        OrderedDictionary<string, object?> Copy(OrderedDictionary<string, object?> dict, bool atTop)
        {
            var copy = new OrderedDictionary<string, object?>(dict.Count);
            foreach (var (key, value) in dict) copy[key] = atTop && key == "role" ? value : Value(value);
            return copy;
        }

        object? Value(object? value) => value switch
        {
            string text => mark(text),
            List<object?> list => list.ConvertAll(Value),
            OrderedDictionary<string, object?> dict => Copy(dict, atTop: false),
            _ => value,
        };
    }

    private static IEnumerable<string> TextsOf(object? value) => value switch
    {
        string text => [text],
        List<object?> list => list.SelectMany(TextsOf),
        OrderedDictionary<string, object?> dict => dict.Values.SelectMany(TextsOf),
        _ => [],
    };
}

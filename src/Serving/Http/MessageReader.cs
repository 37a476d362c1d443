using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>Reads messages as clients write them: a role, and a text or a list of text parts. What a person looks at before and what a server answers are read here alike.</summary>
public static class MessageReader
{
    /// <summary>The messages of a request; roles are checked with everything else that a request says.</summary>
    /// <exception cref="TemperException">Codes <c>invalid_type</c>, <c>missing_required_parameter</c>, <c>unsupported_parameter</c>.</exception>
    public static IReadOnlyList<ChatTurn> Turns(JsonElement messages) => [.. Each(messages).Select(Turn)];

    /// <summary>
    /// The messages for a template: roles and contents as <see cref="Turns"/> reads them, contents as texts. Fields that only templates know, such as
    /// <c>tool_calls</c>, stay as they are; a message with tool calls needs no content.
    /// </summary>
    /// <exception cref="TemperException">Also code <c>invalid_value</c>: a role that no request may have, or what is no text.</exception>
    public static JsonArray ForTemplate(JsonElement messages)
    {
        JsonTexts.Check(messages, "messages");
        var read = Each(messages).Select(ForTemplate).ToList();
        var problems = read.Select((message, i) => ChatRequestRules.Role(i, (string)message["role"]!)).OfType<Problem>().ToList();
        return problems.Count == 0 ? [.. read] : throw new TemperException(problems);
    }

    private static IEnumerable<JsonFields> Each(JsonElement messages) => messages.ValueKind == JsonValueKind.Array
        ? messages.EnumerateArray().Select((message, i) => message.ValueKind == JsonValueKind.Object
            ? new JsonFields(message, $"messages[{i}].") : throw JsonFields.WrongType($"messages[{i}]", "an object", message))
        : throw JsonFields.WrongType("messages", "an array of objects", messages);

    private static ChatTurn Turn(JsonFields message)
    {
        foreach (var name in (string[])["tool_calls", "function_call", "audio"])
            if (message.Find(name) is not null)
                throw new TemperException([UnsupportedFields.Unsupported(message.PathOf(name))]);
        return new(Role(message), Content(message.Require("content"), message.PathOf("content")));
    }

    private static JsonObject ForTemplate(JsonFields message)
    {
        var copy = JsonNode.Parse(message.Element.GetRawText())!.AsObject();
        copy["role"] = Role(message);
        if (message.Find("content") is not null || message.Find("tool_calls") is null)
            copy["content"] = Content(message.Require("content"), message.PathOf("content"));
        return copy;
    }

    private static string Role(JsonFields message)
    {
        _ = message.Require("role");
        return message.Text("role")!;
    }

    private static string Content(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Concat(value.EnumerateArray().Select((part, i) => Part(part, $"{path}[{i}]"))),
        _ => throw JsonFields.WrongType(path, "a string or an array of parts", value),
    };

    private static string Part(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw JsonFields.WrongType(path, "an object", value);
        var fields = new JsonFields(value, path + ".");
        var type = fields.Text("type");
        if (type != "text")
            throw new TemperException([UnsupportedFields.Unsupported($"{path}.type") with { Value = type }]);
        return fields.Text("text") ?? throw JsonFields.WrongType($"{path}.text", "a string", value);
    }
}

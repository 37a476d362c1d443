using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>A record's tools for its template, and whether the template wrote them: one that leaves calls out would teach empty answers.</summary>
internal static class ToolTexts
{
    /// <summary>What a template sees beside the messages; null for nothing.</summary>
    public static Dictionary<string, JsonNode?>? Variables(IReadOnlyList<string>? tools) =>
        tools is null ? null : new() { ["tools"] = new JsonArray([.. tools.Select(tool => JsonNode.Parse(tool))]) };

    /// <summary>Looks for the name of every tool in the text, and for the name of every call in the text of its turn.</summary>
    /// <exception cref="TemperException">Code <c>template_ignores_tools</c>.</exception>
    public static void Check(RenderedChat chat, IReadOnlyList<ChatTurn> messages, IReadOnlyList<string>? tools)
    {
        foreach (var name in (tools ?? []).Select(NameOf).OfType<string>())
            if (!chat.Text.Contains(name, StringComparison.Ordinal)) throw Ignored($"the tool '{name}'");
        var turn = 0;
        foreach (var message in messages.Where(message => message.Role == "assistant"))
        {
            var text = turn < chat.AssistantSpans.Count ? chat.Text.AsSpan(chat.AssistantSpans[turn].Start, chat.AssistantSpans[turn].End - chat.AssistantSpans[turn].Start) : chat.Text;
            turn++;
            foreach (var call in message.ToolCalls ?? [])
                if (!text.Contains(call.Name, StringComparison.Ordinal)) throw Ignored($"the call of '{call.Name}'");
        }
    }

    private static string? NameOf(string tool) => JsonNode.Parse(tool) is JsonObject map && (map["function"] as JsonObject ?? map)["name"] is JsonValue name && name.TryGetValue<string>(out var text) ? text : null;

    private static TemperException Ignored(string what) => new("template_ignores_tools", $"Encoding a chat: the chat template leaves {what} out.");
}

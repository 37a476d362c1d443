using System.Text;
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

    /// <summary>Whether the template names at all what the record has; one that does not could fail over a message without content for no visible reason.</summary>
    /// <exception cref="TemperException">Code <c>template_ignores_tools</c>.</exception>
    public static void CheckSource(ChatTemplate template, IReadOnlyList<ChatTurn> messages, IReadOnlyList<string>? tools)
    {
        if (tools is { Count: > 0 } && !template.Source.Contains("tools", StringComparison.Ordinal)) throw Ignored("the tools");
        if (messages.Any(message => message.ToolCalls is { Count: > 0 }) && !template.Source.Contains("tool_calls", StringComparison.Ordinal)) throw Ignored("the calls of tools");
    }

    /// <summary>Looks for the name of every tool in the text, and for the name of every call in the text of its turn.</summary>
    /// <exception cref="TemperException">Code <c>template_ignores_tools</c>.</exception>
    public static void Check(RenderedChat chat, IReadOnlyList<ChatTurn> messages, IReadOnlyList<string>? tools)
    {
        var outside = tools is null ? "" : Outside(chat);
        foreach (var name in (tools ?? []).Select(NameOf).OfType<string>())
            if (!outside.Contains(name, StringComparison.Ordinal)) throw Ignored($"the tool '{name}'");
        var turn = 0;
        foreach (var message in messages.Where(message => message.Role == "assistant"))
        {
            var text = turn < chat.AssistantSpans.Count ? chat.Text.AsSpan(chat.AssistantSpans[turn].Start, chat.AssistantSpans[turn].End - chat.AssistantSpans[turn].Start) : chat.Text;
            turn++;
            foreach (var call in message.ToolCalls ?? [])
                if (!text.Contains(call.Name, StringComparison.Ordinal)) throw Ignored($"the call of '{call.Name}'");
        }
    }

    /// <summary>What the assistant did not write.</summary>
    private static string Outside(RenderedChat chat)
    {
        var (text, at) = (new StringBuilder(), 0);
        foreach (var span in chat.AssistantSpans)
        {
            text.Append(chat.Text, at, span.Start - at).Append('\n');
            at = span.End;
        }

        return text.Append(chat.Text, at, chat.Text.Length - at).ToString();
    }

    private static string? NameOf(string tool) => JsonNode.Parse(tool) is JsonObject map && (map["function"] as JsonObject ?? map)["name"] is JsonValue name && name.TryGetValue<string>(out var text) ? text : null;

    private static TemperException Ignored(string what) => new("template_ignores_tools", $"Encoding a chat: the chat template leaves {what} out.");
}

using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class RenderVerb
{
    private static readonly Option<bool> Prompt = new("--add-generation-prompt") { Description = "End where the assistant begins to speak" };
    private static readonly Option<bool> Spans = new("--spans") { Description = "Show what the assistant wrote: the part that training learns" };

    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var messages = new Argument<string>("messages") { Description = "JSON: a list of messages, or {\"messages\": […], \"tools\": […], …}; - for standard input", HelpName = "messages.json" };
        var command = new Command("render", """
            Show a chat as the text that a model reads, by its chat template. A folder needs no server.
            --spans shows what training learns of it: green on a terminal, {+between marks+} in a pipe.

            Examples:
              temper render support-bot chat.json --add-generation-prompt
              temper render ./tiny-llama chat.json --spans
              echo '[{"role": "user", "content": "Hi"}]' | temper render ./tiny-llama - --json
            """) { reference, messages, Prompt, Spans };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(messages)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string path, CancellationToken ct)
    {
        var (addPrompt, showsSpans) = (parsed.GetValue(Prompt), parsed.GetValue(Spans));
        if (addPrompt && showsSpans)
            throw new TemperException("usage", "--spans shows a whole chat, --add-generation-prompt one that goes on.", "Leave one of them out.");
        var terminal = GlobalOptions.Terminal(parsed);
        var (messages, extra) = Chat(await InputText.ReadAsync(path, ct), path);
        var template = TextFolder.Open(await ModelPlace.FolderAsync(parsed, reference, "tokenizer.json", ct)).Template
            ?? throw new TemperException("template_missing", $"{reference} has no chat template.");
        var chat = showsSpans ? template.RenderMessagesForTraining(messages, extra) : template.RenderMessages(messages, addPrompt, extra);
        terminal.Line(showsSpans ? Marked(chat, terminal.Coloured) : Style.Escape(chat.Text));
        terminal.Document(new { text = chat.Text, spans = showsSpans ? chat.AssistantSpans.Select(span => new { span.Start, span.End, text = chat.Text[span.Start..span.End] }) : null });
        if (showsSpans)
            terminal.Note($"{chat.AssistantSpans.Count} turns of the assistant, {chat.AssistantSpans.Sum(span => span.End - span.Start)} of {chat.Text.Length} characters");
        return 0;
    }

    /// <summary>The assistant's part in green on a terminal, and in {+ +} where colours are not shown.</summary>
    private static string Marked(RenderedChat chat, bool colours)
    {
        var (text, at, (open, close)) = (new StringBuilder(), 0, colours ? ("[green]", "[/]") : ("{+", "+}"));
        foreach (var span in chat.AssistantSpans)
        {
            text.Append(Style.Escape(chat.Text[at..span.Start])).Append(open).Append(Style.Escape(chat.Text[span.Start..span.End])).Append(close);
            at = span.End;
        }

        return text.Append(Style.Escape(chat.Text[at..])).ToString();
    }

    /// <summary>The messages, and everything else that stands beside them as variables of the template.</summary>
    private static (JsonArray Messages, Dictionary<string, JsonNode?> Extra) Chat(string json, string path)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new TemperException([new Problem("invalid_json", $"Reading a chat: {e.Message}") { File = path, Line = e.LineNumber + 1 }], e);
        }

        if (root is JsonArray list)
            return (list, []);
        if (root is not JsonObject map || map["messages"] is not JsonArray messages)
            throw new TemperException([new Problem("invalid_json", "Reading a chat: expected a list of messages, or an object with `messages`.") { File = path }]);
        return (messages, map.Where(pair => pair.Key != "messages").ToDictionary(pair => pair.Key, pair => pair.Value));
    }
}

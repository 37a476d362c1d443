using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class RenderVerb
{
    private static readonly Option<bool> Prompt = new("--add-generation-prompt") { Description = "End where the assistant begins to speak" };
    private static readonly Option<bool> Spans = new("--spans") { Description = "Mark what the assistant wrote" };
    private static readonly Option<bool> Labels = new("--labels") { Description = "Mark what training learns, token by token" };
    private static readonly Option<TrainOn> Learnt = new("--train-on") { Description = "With --labels: auto, assistant, completion or all [default: auto]", HelpName = "WHAT" };

    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var messages = new Argument<string>("messages") { Description = "JSON: a list of messages, or {\"messages\": […], \"tools\": […], …}; - for standard input", HelpName = "messages.json" };
        var command = new Command("render", """
            Show a chat as the text that a model reads, by its chat template. A folder needs no server.
            --spans marks what the assistant wrote, --labels what training learns of it: by the same code as in training, with the weights of messages
            and the tokens that end turns. Marks are green on a terminal and {+ +} in a pipe.

            Examples:
              temper render support-bot chat.json --add-generation-prompt
              temper render ./tiny-llama chat.json --spans
              temper render ./tiny-llama chat.json --labels --train-on completion
              echo '[{"role": "user", "content": "Hi"}]' | temper render ./tiny-llama - --json
            """) { reference, messages, Prompt, Spans, Labels, Learnt };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(messages)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string path, CancellationToken ct)
    {
        var (addPrompt, showsSpans, showsLabels) = (parsed.GetValue(Prompt), parsed.GetValue(Spans), parsed.GetValue(Labels));
        if ((addPrompt ? 1 : 0) + (showsSpans ? 1 : 0) + (showsLabels ? 1 : 0) > 1)
            throw new TemperException("usage", "--spans and --labels show a whole chat, --add-generation-prompt one that goes on.", "Leave all but one of them out.");
        var terminal = GlobalOptions.Terminal(parsed);
        var (messages, extra) = Chat(await InputText.ReadAsync(path, ct), path);
        var folder = TextFolder.Open(await ModelPlace.FolderAsync(parsed, reference, "tokenizer.json", ct));
        var template = folder.Template ?? throw new TemperException("template_missing", $"{reference} has no chat template.");
        if (showsLabels)
            MarkedText.ShowLabels(terminal, folder, messages, extra, parsed.GetValue(Learnt), path);
        else if (showsSpans)
            MarkedText.ShowSpans(terminal, template.RenderMessagesForTraining(messages, extra));
        else
        {
            var text = template.RenderMessages(messages, addPrompt, extra).Text;
            terminal.Line(Style.Escape(text));
            terminal.Document(new { text });
        }

        return 0;
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

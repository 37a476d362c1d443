using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Serving;

namespace Temper.Cli.Verbs;

internal static class RenderVerb
{
    private static readonly Option<bool> Prompt = new("--add-generation-prompt") { Description = "End where the assistant begins to speak" };
    private static readonly Option<bool> Spans = new("--spans") { Description = "Mark what the assistant wrote" };
    private static readonly Option<bool> Labels = new("--labels") { Description = "Mark what training learns, token by token" };
    private static readonly Option<TrainOn> Learnt = new("--train-on") { Description = "With --labels: auto, assistant, completion or all [default: auto]", HelpName = "WHAT" };

    private static readonly JsonDocumentOptions Single = new() { AllowDuplicateProperties = false };

    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var messages = new Argument<string>("messages") { Description = "JSON: a list of messages, or {\"messages\": […], \"tools\": […], …}; - for standard input", HelpName = "messages.json" };
        var command = new Command("render", """
            Show a chat as the text that a model reads, by its chat template. A folder needs no server.
            Messages are read by the code that reads those of /v1/chat/completions: roles, and contents as a text or a list of text parts. Fields that
            only templates know reach them here; the server refuses tool_calls, because it cannot answer with any.
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
        if (showsLabels && (addPrompt || showsSpans))
            throw new TemperException("usage", "--labels shows what training learns of a whole chat.", "Leave --spans and --add-generation-prompt out.");
        var terminal = GlobalOptions.Terminal(parsed);
        var (messages, extra) = Chat(await InputText.ReadAsync(path, ct), path);
        var folder = await ModelPlace.TextAsync(parsed, reference, ct);
        var template = folder.Template ?? throw new TemperException("template_missing", $"{reference} has no chat template.");
        if (showsLabels)
            MarkedText.ShowLabels(terminal, folder, messages, extra, parsed.GetValue(Learnt), path);
        else if (showsSpans)
            MarkedText.ShowSpans(terminal, Spanned(template, messages, extra, addPrompt));
        else
        {
            var text = template.RenderMessages(messages, addPrompt, extra).Text;
            terminal.Line(Style.Escape(text));
            terminal.Document(new { text });
        }

        return 0;
    }

    /// <summary>A chat with its spans; where it goes on, the same spans in the longer text.</summary>
    private static RenderedChat Spanned(ChatTemplate template, JsonArray messages, Dictionary<string, JsonNode?> extra, bool addPrompt)
    {
        var chat = template.RenderMessagesForTraining(messages, extra);
        if (!addPrompt)
            return chat;
        var text = template.RenderMessages(messages, addGenerationPrompt: true, extra).Text;
        return text.StartsWith(chat.Text, StringComparison.Ordinal) ? chat with { Text = text }
            : throw new TemperException("assistant_mask_unavailable", "With the generation prompt, the template renders the chat before it otherwise.", "Leave --add-generation-prompt or --spans out.");
    }

    /// <summary>The messages as the server reads them, and everything else that stands beside them as variables of the template.</summary>
    private static (JsonArray Messages, Dictionary<string, JsonNode?> Extra) Chat(string json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Single);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array)
                return (MessageReader.ForTemplate(root), []);
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
                throw new TemperException("invalid_json", "Reading a chat: expected a list of messages, or an object with `messages`.");
            return (MessageReader.ForTemplate(messages), root.EnumerateObject().Where(pair => pair.Name != "messages").ToDictionary(pair => pair.Name, pair => JsonNode.Parse(pair.Value.GetRawText())));
        }
        catch (JsonException e)
        {
            throw new TemperException([new Problem("invalid_json", $"Reading a chat: {e.Message}") { File = path, Line = e.LineNumber + 1 }], e);
        }
        catch (InvalidOperationException e)
        {
            throw new TemperException([new Problem("invalid_json", $"Reading a chat: {e.Message}") { File = path }], e);
        }
        catch (TemperException e)
        {
            throw new TemperException([.. e.Problems.Select(problem => problem with { File = path })], e);
        }
    }
}

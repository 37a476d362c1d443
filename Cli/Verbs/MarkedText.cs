using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;

namespace Temper.Cli.Verbs;

/// <summary>A chat with the assistant's or the learnt part marked: green on a terminal, <c>{+ +}</c> where colours are not shown.</summary>
internal static class MarkedText
{
    public static void ShowSpans(Terminal terminal, RenderedChat chat)
    {
        var (pieces, at) = (new List<PreviewPiece>(), 0);
        foreach (var span in chat.AssistantSpans)
        {
            pieces.Add(new(chat.Text[at..span.Start], false));
            pieces.Add(new(chat.Text[span.Start..span.End], true));
            at = span.End;
        }

        pieces.Add(new(chat.Text[at..], false));
        terminal.Document(new { text = chat.Text, spans = chat.AssistantSpans.Select(span => new { span.Start, span.End, text = chat.Text[span.Start..span.End] }) });
        Show(terminal, pieces);
        terminal.Note($"{chat.AssistantSpans.Count} turns of the assistant, {chat.AssistantSpans.Sum(span => span.End - span.Start)} of {chat.Text.Length} characters");
    }

    public static void ShowLabels(Terminal terminal, TextFolder folder, JsonArray messages, Dictionary<string, JsonNode?> extra, TrainOn what, string path)
    {
        if (extra.Keys.FirstOrDefault() is { } stray)
            throw Bad($"'{stray}' stands beside the messages; training reads messages alone.");
        var record = new CanonicalRecord(Digest.OfText(messages.ToJsonString()), RecordKind.Messages, new RecordSource(path, 1, 0)) { Messages = [.. messages.Select(Turn)] };
        var options = new ExampleOptions { TrainOn = what, MaxLength = int.MaxValue };
        var outcome = new ExampleBuilder(folder.Tokenizer, folder.Template, folder.StopTokens, options).Build(record);
        if (outcome.Example is not { } example)
            throw new TemperException([outcome.Problem! with { File = path, Line = null }]);
        var preview = ExamplePreview.Of(folder.Tokenizer, example);
        terminal.Document(new { pieces = preview.Pieces, tokens = example.Tokens, supervised = example.Supervised });
        Show(terminal, preview.Pieces);
        terminal.Note($"{example.SupervisedCount} of {example.Tokens.Length} tokens are learnt");

        ChatTurn Turn(JsonNode? message, int i)
        {
            try
            {
                return message.Deserialize<ChatTurn>(Core.Json.Wire.Strict) is { Role: not null, Content: not null } turn ? turn : throw Bad($"message {i + 1} has no role or no content.");
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw Bad($"message {i + 1} is no role with a text: {e.Message}");
            }
        }

        TemperException Bad(string what) => new([new Problem("invalid_json", $"Reading a chat: {what}") { File = path }]);
    }

    public static void Show(Terminal terminal, IEnumerable<PreviewPiece> pieces)
    {
        var (open, close) = terminal.Coloured ? ("[green]", "[/]") : ("{+", "+}");
        terminal.Line(string.Concat(pieces.Select(piece => piece.Learnt ? open + Style.Escape(piece.Text) + close : Style.Escape(piece.Text))));
    }
}

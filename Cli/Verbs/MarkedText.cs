using System.Text.Json.Nodes;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Ingest;
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
        terminal.Note($"{Format.Count(chat.AssistantSpans.Count, "turn")} of the assistant, {chat.AssistantSpans.Sum(span => span.End - span.Start)} of {Format.Count(chat.Text.Length, "character")}");
    }

    public static void ShowLabels(Terminal terminal, TextFolder folder, JsonArray messages, Dictionary<string, JsonNode?> extra, TrainOn what, string path)
    {
        if (extra.Keys.FirstOrDefault(key => key != "tools") is { } stray)
            throw new TemperException([new Problem("invalid_json", $"Reading a chat: '{stray}' stands beside the messages; training reads messages and tools alone.") { File = path }]);
        var (record, unknown) = ChatRecord.Read(messages, extra.GetValueOrDefault("tools"), path);
        var options = new ExampleOptions { TrainOn = what, MaxLength = int.MaxValue };
        var outcome = new ExampleBuilder(folder.Tokenizer, folder.Template, folder.StopTokens, options).Build(record);
        if (outcome.Example is not { } example)
            throw new TemperException([outcome.Problem! with { File = path, Line = null }]);
        var preview = ExamplePreview.Of(folder.Tokenizer, example);
        terminal.Document(new { pieces = preview.Pieces, tokens = example.Tokens, supervised = example.Supervised });
        Show(terminal, preview.Pieces);
        terminal.Note($"{example.SupervisedCount} of {Format.Count(example.Tokens.Length, "token")} {(example.SupervisedCount == 1 ? "is" : "are")} learnt");
        if (unknown.Count > 0)
            terminal.Note($"training does not read {string.Join(", ", unknown.Select(key => $"'{Style.Escape(key)}'"))}");
    }

    public static void Show(Terminal terminal, IEnumerable<PreviewPiece> pieces)
    {
        var (open, close) = terminal.Coloured ? ("[green]", "[/]") : ("{+", "+}");
        terminal.Line(string.Concat(pieces.Select(piece => piece.Learnt ? open + Style.Escape(piece.Text) + close : Style.Escape(piece.Text))));
    }
}

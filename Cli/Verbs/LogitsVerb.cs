using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Cli.Verbs;

internal static class LogitsVerb
{
    private const int Shown = 5;
    private static readonly Option<string> Tokens = new("--tokens") { Description = "Token ids with spaces or commas between them", Required = true, HelpName = "IDS" };
    private static readonly Option<string?> Adapter = new("--adapter") { Description = "An adapter of this model: a folder or a reference", HelpName = "DIR" };
    private static readonly Option<int?> Top = new("--top") { Description = $"Only the K most probable tokens [default: {Shown} for people, all under --json]", HelpName = "K" };

    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var command = new Command("logits", """
            Show what a model expects after every token: natural logarithms of the probabilities of the next one.
            Of an adapter, its base with the adapter answers. A folder needs no server, and no tokenizer.

            Examples:
              temper logits ./tiny-llama --tokens "1 2 3"
              temper logits support-bot:2 --tokens "1 2 3" --top 10 --json
              temper logits ./tiny-llama --tokens "1 2 3" --adapter ./my-adapter
            """) { reference, Tokens, Adapter, Top };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var tokens = InputText.Ids(parsed.GetValue(Tokens)!);
        if (parsed.GetValue(Top) is < 1)
            throw new TemperException("usage", "--top must be 1 or more.");
        var place = await ModelPlace.FindAsync(parsed, reference, ct);
        var adapter = place.Base is null ? null : place.Folder;
        if (parsed.GetValue(Adapter) is { } named)
            adapter = adapter is null ? (await ModelPlace.FindAsync(parsed, named, ct, needsBase: false)).Folder
                : throw new TemperException("usage", $"{reference} is an adapter itself; --adapter goes with a base.", "Leave one of them out.");
        using var model = DecoderFolder.Open(place.Whole);
        using var engine = CpuEngine.Create(Environment.ProcessorCount);
        using var decoder = model.Load(engine);
        using var lora = adapter is null ? null : LoraAdapter.Load(decoder, adapter);
        Show(terminal, model.Tokenizer, tokens, NextTokenScores.Of(decoder, tokens, lora), parsed.GetValue(Top), ct);
        return 0;
    }

    private static void Show(Terminal terminal, Tokenizer? tokenizer, int[] tokens, IEnumerable<float[]> positions, int? top, CancellationToken ct)
    {
        var (rows, documents) = (new List<string[]>(), new List<object>());
        foreach (var (position, scores) in positions.Index())
        {
            ct.ThrowIfCancellationRequested();
            var given = position + 1 < tokens.Length ? scores[tokens[position + 1]] : (float?)null;
            var best = Best(scores, top ?? Shown);
            if (!terminal.Json)
                rows.Add([.. Cells(tokenizer, tokens[position]), given is { } score ? Number(score) : "", string.Join("  ", best.Select(id => $"{Quoted(tokenizer, id)} {id} {Number(scores[id])}".TrimStart()))]);
            else if (top is null)
                documents.Add(new { position, token = tokens[position], next = given, log_probs = scores });
            else
                documents.Add(new { position, token = tokens[position], next = given, top = best.Select(id => new { token = id, text = Text(tokenizer, id), log_prob = scores[id] }) });
        }

        terminal.Document(new { tokens, positions = documents });
        terminal.Table(["id", "text", "log p of the next", "most probable next: text, id, log p"], rows);
    }

    /// <summary>The most probable tokens, the lowest id first among equals.</summary>
    private static int[] Best(float[] scores, int count) => [.. Enumerable.Range(0, scores.Length).OrderByDescending(id => scores[id]).ThenBy(id => id).Take(count)];

    private static string[] Cells(Tokenizer? tokenizer, int id) => [id.ToString(CultureInfo.InvariantCulture), Quoted(tokenizer, id)];

    private static string Quoted(Tokenizer? tokenizer, int id) => Text(tokenizer, id) is { } text ? JsonSerializer.Serialize(text, Core.Json.Wire.Json) : "";

    private static string? Text(Tokenizer? tokenizer, int id) => tokenizer?.Decode([id], skipSpecial: false);

    private static string Number(float score) => score.ToString("F4", CultureInfo.InvariantCulture);
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class TokenizeVerb
{
    private static readonly Option<string?> FromFile = new("--file") { Description = "Text to encode, or ids to decode, from this file", HelpName = "F" };
    private static readonly Option<bool> FromStdin = new("--stdin") { Description = "The same from standard input" };
    private static readonly Option<bool> Decode = new("--decode") { Description = "The input is token ids; print their text" };
    private static readonly Option<bool> AddSpecial = new("--add-special-tokens") { Description = "Let the tokenizer add its own tokens around the text, such as BOS" };

    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var command = new Command("tokenize", """
            Show the tokens of a text as a model sees them, and the place of each in the text; or turn ids back into text.
            A folder needs no server.

            Examples:
              echo -n "How do I reset it?" | temper tokenize support-bot --stdin
              temper tokenize ./tiny-llama --file notes.txt --json
              echo "12 7 401" | temper tokenize ./tiny-llama --stdin --decode
            """) { reference, FromFile, FromStdin, Decode, AddSpecial };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, CancellationToken ct)
    {
        if (parsed.GetValue(FromFile) is null != parsed.GetValue(FromStdin))
            throw new TemperException("usage", "Tokenizing needs one text: --file F or --stdin.", "echo -n \"some text\" | temper tokenize REF --stdin");
        var terminal = GlobalOptions.Terminal(parsed);
        var tokenizer = TextFolder.OpenTokenizer(await ModelPlace.FolderAsync(parsed, reference, "tokenizer.json", ct));
        var input = await InputText.ReadAsync(parsed.GetValue(FromFile) ?? "-", ct);
        if (parsed.GetValue(Decode))
            ShowText(terminal, tokenizer, InputText.Ids(input));
        else
            ShowTokens(terminal, tokenizer, input, tokenizer.Encode(input, new EncodeOptions { AddSpecialTokens = parsed.GetValue(AddSpecial) }));
        return 0;
    }

    private static void ShowText(Terminal terminal, Tokenizer tokenizer, int[] ids)
    {
        if (ids.Where(id => tokenizer.TokenOf(id) is null).ToArray() is [var unknown, ..])
            throw new TemperException("invalid_value", $"The tokenizer has no token {unknown}; its ids go up to {tokenizer.VocabularySize - 1}.");
        var text = tokenizer.Decode(ids, skipSpecial: false);
        terminal.Line(Style.Escape(text));
        terminal.Document(new { text, count = ids.Length });
    }

    private static void ShowTokens(Terminal terminal, Tokenizer tokenizer, string text, TokenEncoding encoding)
    {
        terminal.Document(new { count = encoding.Ids.Length, ids = encoding.Ids, tokens = encoding.Ids.Select(tokenizer.TokenOf), starts = encoding.Starts, ends = encoding.Ends });
        terminal.Table(["id", "token", "place", "text"],
        [
            .. encoding.Ids.Select((id, i) => (string[])[id.ToString(CultureInfo.InvariantCulture), tokenizer.TokenOf(id) ?? "", $"{encoding.Starts[i]}..{encoding.Ends[i]}",
                JsonSerializer.Serialize(text[encoding.Starts[i]..encoding.Ends[i]], Core.Json.Wire.Json)]),
        ]);
        terminal.Note($"{Format.Count(encoding.Ids.Length, "token")}, {Format.Count(text.Length, "character")}");
    }
}

using System.CommandLine;
using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Cli.Verbs;

internal static class EmbedVerb
{
    private const int Shown = 6;

    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var file = new Option<string?>("--file") { Description = "Texts, one per line [default: standard input]", HelpName = "F" };
        var command = new Command("embed", """
            Show texts as vectors of length 1, one text per line.
            A sentence encoder (BERT, MiniLM) pools as its files say; of a decoder it is the mean of the last hidden states; of a decoder's adapter, its base embeds.
            A folder needs no server.

            Examples:
              temper embed ./tiny-llama --file questions.txt --json
              echo "Where is my order?" | temper embed support-base
            """) { reference, file };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(file) ?? "-", ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string path, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var place = await ModelPlace.FindAsync(parsed, reference, ct);
        var texts = (await InputText.ReadAsync(path, ct)).TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r')).ToArray();
        using var engine = CpuEngine.Create(Environment.ProcessorCount);
        using var model = EmbeddingModel.Open(place.Folder, engine, place.Base);
        var (vectors, tokens) = Embed(model.Embedder, texts, path);
        foreach (var (i, vector) in vectors.Index())
        {
            terminal.Document(new { index = i, embedding = vector });
            terminal.Line($"{i + 1}: {string.Join(" ", vector.Take(Shown).Select(x => x.ToString("F6", CultureInfo.InvariantCulture)))}{(vector.Length > Shown ? " …" : "")}");
        }

        terminal.Note($"{Format.Count(vectors.Count, "text")}, {Format.Count(tokens, "token")}, {vectors[0].Length} numbers each");
        return 0;
    }

    private static (IReadOnlyList<float[]> Vectors, int Tokens) Embed(TextEmbedder embedder, string[] texts, string path)
    {
        try
        {
            return embedder.Embed(texts);
        }
        catch (TemperException e)
        {
            throw new TemperException([.. e.Problems.Select(problem => problem with { File = path })], e);
        }
    }
}

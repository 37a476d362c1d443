using System.CommandLine;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Cli.Verbs.Data;

internal static class PreviewVerb
{
    public static Command Build()
    {
        var dataset = new Argument<string>("dataset") { Description = "NAME, NAME:VERSION or NAME#COMMIT", HelpName = "NAME" };
        var model = new Option<string>("--model") { Description = "Model whose tokenizer and chat template are used: a folder, or NAME, NAME:VERSION, NAME@ALIAS", Required = true, HelpName = "REF" };
        var count = new Option<int>("--count", "-n") { Description = "How many records", DefaultValueFactory = _ => 5, HelpName = "N" };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1000)
                result.AddError("--count must be 1 to 1000.");
        });
        var command = new Command("preview", """
            Show what a model sees of a dataset's records, and which of it training learns: green on a terminal, {+ +} in a pipe.
            The records with the smallest ids are shown: the same ones every time.

            Examples:
              temper data preview support --model demo-base
              temper data preview support:2 --model ./tiny-llama -n 20 --json
            """) { dataset, model, count };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(dataset)!, parsed.GetValue(model)!, parsed.GetValue(count), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string model, int count, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var pin = await registry.Datasets.ResolveAsync(reference, ct);
        var folder = await ModelPlace.TextAsync(parsed, model, ct);
        var builder = new ExampleBuilder(folder.Tokenizer, folder.Template, folder.StopTokens, new ExampleOptions { MaxLength = int.MaxValue });
        var shown = new List<object>();
        foreach (var record in await SmallestAsync(registry, pin, count, ct))
        {
            var outcome = builder.Build(record);
            terminal.Line($"[bold]{Style.Escape(record.Source.File)}:{record.Source.Line}[/]");
            if (outcome.Example is not { } example)
            {
                terminal.Line($"  [yellow]{outcome.Problem!.Code}[/]: {Style.Escape(outcome.Problem.Message)}");
                shown.Add(new { source = record.Source, problem = outcome.Problem });
                continue;
            }
            var preview = ExamplePreview.Of(folder.Tokenizer, example);
            MarkedText.Show(terminal, preview.Pieces);
            terminal.Note($"{example.SupervisedCount} of {Format.Count(example.Tokens.Length, "token")} {(example.SupervisedCount == 1 ? "is" : "are")} learnt");
            shown.Add(new { source = record.Source, tokens = example.Tokens.Length, supervised = example.SupervisedCount, pieces = preview.Pieces });
        }
        terminal.Document(shown);
        return 0;
    }

    /// <summary>Records with the smallest ids, which say nothing of their content.</summary>
    private static async Task<IEnumerable<CanonicalRecord>> SmallestAsync(Core.Registry.RegistryClient registry, DatasetPin pin, int count, CancellationToken ct)
    {
        var smallest = new SortedDictionary<string, CanonicalRecord>(StringComparer.Ordinal);
        var version = await registry.Datasets.FindAsync(pin.Name, pin.Version, ct) ?? throw new TemperException("not_found", $"There is no dataset {pin.Name}:{pin.Version}.");
        foreach (var file in version.Files.Where(f => f.Path.StartsWith("records-", StringComparison.Ordinal)))
        {
            await using var stream = await registry.Datasets.OpenFileAsync(pin.Name, pin.Version, file.Path, ct);
            await foreach (var record in JsonSerializer.DeserializeAsyncEnumerable<CanonicalRecord>(stream, topLevelValues: true, Wire.Json, ct))
            {
                if (smallest.Count == count && string.CompareOrdinal(record!.RecId.Hex, smallest.Keys.Last()) >= 0)
                    continue;
                smallest[record!.RecId.Hex] = record;
                if (smallest.Count > count)
                    smallest.Remove(smallest.Keys.Last());
            }
        }
        return smallest.Values;
    }
}

using System.CommandLine;
using Temper.Cli.Export;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class MergeVerb
{
    private static readonly Option<string?> Adapter = new("--adapter") { Description = "The adapter, where REF is a whole model", HelpName = "DIR" };
    private static readonly Option<string?> Type = new("--dtype") { Description = "Type of the weights: F32, F16 or BF16 [default: the base's]", HelpName = "T" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace what is at OUT" };

    public static Command Build()
    {
        var reference = new Argument<string>("ref") { Description = "A model with an adapter, by reference or folder; or a whole one, with --adapter", HelpName = "REF" };
        var output = new Argument<string>("out") { Description = "Folder that is made", HelpName = "OUT" };
        var command = new Command("merge", """
            Add an adapter to its base for good, and write the model as a folder in Hugging Face layout.
            Sums are made in f32 and rounded once. The files are read back, bit by bit, and must answer as base and adapter do.

            Examples:
              temper merge support-bot ./support-bot-merged
              temper merge ./base --adapter ./adapter ./merged --dtype BF16
            """) { reference, output, Adapter, Type, Force };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(output)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string output, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        StoredType? asked = parsed.GetValue(Type) is { } text ? StoredTypes.Parse(text) : null;
        using var place = OutputPlace.At(output, parsed.GetValue(Force));
        var parts = await ModelParts.FindAsync(parsed, reference, parsed.GetValue(Adapter), ct);
        if (parts.Adapter is null)
            throw new TemperException("usage", $"{reference} is a whole model; there is nothing to merge into it.", $"temper merge {reference} --adapter DIR {output}");
        var exporter = new Exporter(parts, terminal);
        var type = exporter.Merge(place.Temporary, asked);
        await ExportReport.ShowAsync(terminal, place.Keep(), "merged", type.ToString(), exporter.Notes, ct);
        return 0;
    }
}

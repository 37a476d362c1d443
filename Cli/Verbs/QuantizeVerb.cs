using System.CommandLine;
using Temper.Cli.Export;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class QuantizeVerb
{
    private static readonly Option<string> Kind = new("--to") { Description = "nf4, fp4 or int8", Required = true, HelpName = "KIND" };
    private static readonly Option<bool> Double = new("--double") { Description = "With nf4 and fp4: quantise the scales once more" };
    private static readonly Option<int> BlockSize = new("--block-size") { Description = "With nf4 and fp4: numbers per scale", DefaultValueFactory = _ => 64, HelpName = "N" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace what is at OUT" };

    public static Command Build()
    {
        var reference = new Argument<string>("ref") { Description = "A model, by reference or folder; its adapter is merged first", HelpName = "REF" };
        var output = new Argument<string>("out") { Description = "Folder that is made", HelpName = "OUT" };
        var command = new Command("quantize", """
            Write a model with linear layers of four or eight bits, as bitsandbytes and transformers keep them.
            Embeddings, norms, biases and the output layer stay as they are. int8 is a scale per row of weights alone, not LLM.int8.

            Examples:
              temper quantize tiny-llama --to nf4 --double ./tiny-llama-nf4
              temper quantize ./tiny-llama --to int8 ./tiny-llama-int8 --json
            """) { reference, output, Kind, Double, BlockSize, Force };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, parsed.GetValue(output)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string output, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var kind = parsed.GetValue(Kind)!.ToLowerInvariant() switch
        {
            "nf4" => QuantizationKind.NF4,
            "fp4" => QuantizationKind.FP4,
            "int8" => QuantizationKind.Int8,
            _ => throw new TemperException("usage", $"'{parsed.GetValue(Kind)}' is no kind of quantisation; there are nf4, fp4 and int8."),
        };
        var (nested, size) = (parsed.GetValue(Double), parsed.GetValue(BlockSize));
        if (kind == QuantizationKind.Int8 && (nested || size != 64))
            throw new TemperException("usage", "int8 has one scale per row; --double and --block-size belong to nf4 and fp4.");
        if (!FourBit.BlockSizes.Contains(size))
            throw new TemperException("usage", $"A block has {string.Join(", ", FourBit.BlockSizes)} numbers, not {size}.");
        using var place = OutputPlace.At(output, parsed.GetValue(Force));
        var exporter = new Exporter(await ModelParts.FindAsync(parsed, reference, adapter: null, ct), terminal);
        exporter.Quantize(place.Temporary, new QuantizedModel(kind, nested, size));
        await ExportReport.ShowAsync(terminal, place.Keep(), "quantized", kind.ToString(), exporter.Notes, ct);
        return 0;
    }
}

using System.CommandLine;
using Temper.Cli.Export;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;

namespace Temper.Cli.Verbs;

/// <summary>Adds an adapter to its base for good: what <c>merge</c> does with a model and a folder.</summary>
internal static class AdapterMerge
{
    private static readonly Option<string?> Adapter = new("--adapter") { Description = "The adapter, where MODEL is a whole model", HelpName = "DIR" };
    private static readonly Option<string?> Type = new("--dtype") { Description = "Type of the weights: F32, F16 or BF16 [default: the base's]", HelpName = "T" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace what is at OUT" };

    public static Option[] Options => [Adapter, Type, Force];

    /// <summary>Whether one of its options was given.</summary>
    public static bool IsMeant(ParseResult parsed) => Array.Exists(Options, o => parsed.GetResult(o) is { Implicit: false });

    public static async Task<int> RunAsync(ParseResult parsed, string reference, string output, CancellationToken ct)
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

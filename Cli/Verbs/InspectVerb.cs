using System.CommandLine;
using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Cli.Verbs;

internal static class InspectVerb
{
    public static Command Build()
    {
        var reference = ModelPlace.Argument();
        var command = new Command("inspect", """
            Show what a model or an adapter is: family, sizes, tensors, tokenizer, chat template, memory. Of an image file: format, size, orientation, bucket.
            Of a Parquet file: columns, row groups, compression, rows.
            Only headers are read, so it is quick on any size. A folder or file needs no server. What would keep the product from loading it is said as an
            error, and the exit code is that error's.

            Examples:
              temper inspect ./tiny-llama
              temper inspect support-bot:2 --json
              temper inspect photo.jpg
              temper inspect train-00000-of-00001.parquet
            """) { reference };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(reference)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (InspectedImage.Is(reference))
            return await InspectedImage.ShowAsync(terminal, reference, ct);
        if (ParquetView.IsMeant(reference))
            return await ParquetView.ShowAsync(terminal, reference, ct);
        var place = await ModelPlace.FindAsync(parsed, reference, ct, needsBase: false);
        var facts = ModelInspection.Read(place.Folder, place.Base);
        terminal.Document(facts);
        Show(terminal, reference, facts);
        terminal.Errors(facts.Problems);
        return facts.Problems.Count == 0 ? 0 : Failure.ExitCode(new TemperException(facts.Problems).Kind);
    }

    private static void Show(Terminal terminal, string reference, ModelFacts facts)
    {
        terminal.Line($"[bold]{Style.Escape(reference)}[/]: {Style.Escape(facts.Family ?? "unknown family")}{Shown(facts.Architecture, " ({0})")}, {Format.Number(facts.Parameters)} parameters, {Format.Bytes(facts.Bytes)} on disk");
        Row(terminal, "sizes", string.Join(", ", facts.Sizes.Select(size => $"{size.Key} {size.Value.ToString(CultureInfo.InvariantCulture)}")));
        foreach (var type in facts.Types)
            Row(terminal, "weights", $"{type.Type}: {Format.Number(type.Tensors)} tensors, {Format.Bytes(type.Bytes)}");
        Row(terminal, "quantised", facts.Quantization);
        if (facts.Adapter is { } adapter)
            Row(terminal, "adapter", $"{adapter.Kind} of rank {adapter.Rank}, alpha {adapter.Alpha.ToString(CultureInfo.InvariantCulture)}, {adapter.Modules} modules ({string.Join(", ", adapter.Targets)}){(adapter.ModulesToSave.Count > 0 ? $", whole: {string.Join(", ", adapter.ModulesToSave)}" : "")}, made for {adapter.Base ?? "an unnamed base"}");
        if (facts.Tokenizer is { } tokenizer)
            Row(terminal, "tokenizer", $"{tokenizer.Kind}, {Format.Number(tokenizer.Vocabulary)} tokens, {tokenizer.Special.Count} special, digest {tokenizer.Digest.Short}");
        if (facts.Template is { } template)
            Row(terminal, "template", $"{template.Style}, assistant's part by {template.AssistantMask}, digest {template.Digest.Short}");
        if (facts.Memory is { } memory)
            Row(terminal, "memory", $"{Format.Bytes(memory.Weights)} for the weights and {Format.Bytes(memory.CachePerToken)} for each token of a chat: {Format.Bytes(memory.Total)} at {Format.Number(memory.Context)} tokens");
        if (facts.Tensors.Count > 0)
            terminal.Table(["tensor", "type", "shape"], [.. facts.Tensors.Select(tensor => (string[])[tensor.Name, tensor.Type, $"[{string.Join(", ", tensor.Shape)}]"])]);
    }

    private static void Row(Terminal terminal, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
            terminal.Line($"  {name,-10} {Style.Escape(text)}");
    }

    private static string Shown(string? text, string format) => text is null ? "" : string.Format(CultureInfo.InvariantCulture, format, Style.Escape(text));
}

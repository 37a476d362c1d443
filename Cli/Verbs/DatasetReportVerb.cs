using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Data;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Ingest;

namespace Temper.Cli.Verbs;

internal static class DatasetReportVerb
{
    public static Command Build()
    {
        var dataset = new Argument<string>("dataset") { Description = "NAME (its newest version) or NAME:VERSION", HelpName = "NAME" };
        var page = new Option<string?>("--html") { Description = "Write the report as a page to this file", HelpName = "FILE" };
        var command = new Command("report", """
            Show what was found in a version: stages, codes with their first places and what to do, duplicates, overlap with evaluation data,
            difference from the version before, tokens.

            Examples:
              temper datasets report support
              temper datasets report support:2 --html report.html
              temper datasets report support --json
            """) { dataset, page };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(dataset)!, parsed.GetValue(page), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string text, string? page, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var version = await VersionName.FindAsync(registry, text, ct);
        if (page is not null)
            return await WritePageAsync(registry, terminal, version, page, ct);
        var json = await registry.Datasets.ReportAsync(version.Name, version.Version, ct)
            ?? throw new TemperException("not_found", $"{version.Name}:{version.Version} has no report.", "Upload it again: a version of this product writes one.");
        terminal.Document(json);
        DatasetView.Show(terminal, version);
        if (json.GetProperty("format").GetInt32() >= 2)
            Show(terminal, json.Deserialize<DatasetReport>(Wire.Json)!);
        else
            terminal.Note("the version was sealed before reports told more; --json shows what there is");
        return 0;
    }

    private static async Task<int> WritePageAsync(RegistryClient registry, Terminal terminal, DatasetVersionInfo version, string page, CancellationToken ct)
    {
        await using (var from = await registry.Datasets.OpenFileAsync(version.Name, version.Version, DatasetManifest.PageName, ct))
        await using (var to = File.Create(page))
            await from.CopyToAsync(to, ct);
        terminal.Document(new { file = page });
        terminal.Line($"the report of {version.Name}:{version.Version} is in {page}");
        return 0;
    }

    private static void Show(Terminal terminal, DatasetReport report)
    {
        terminal.Table(["stage", "in", "out", "kept behind"], [.. report.Stages.Select(s => (IReadOnlyList<string>)[
            s.Stage, Format.Number(s.In), Format.Number(s.Out), string.Join(", ", s.Left.Select(l => $"{Format.Number(l.Value)} {l.Key}"))])]);
        foreach (var (code, found) in report.Codes.Concat(report.Warnings))
        {
            terminal.Line($"{code}: {Format.Number(found.Count)}, first {string.Join(", ", found.First.Take(5).Select(p => Style.Escape($"{p.File}:{p.Line}")))}");
            if (found.Keys is { Count: > 0 } keys)
                terminal.Line($"  keys: {string.Join(", ", keys.Select(k => $"{Style.Escape(k.Key)} {Format.Number(k.Value)}"))}");
            if (found.Hint is not null)
                terminal.Note($"  {found.Hint}");
        }
        var copies = report.Duplicates;
        terminal.Line($"duplicates: {Format.Number(copies.Exact)} copies, {Format.Number(copies.Near)} near, in {Format.Number(copies.Clusters)} groups ({copies.Method})");
        if (copies.Elsewhere is { } elsewhere)
            terminal.Line($"dropped, because other datasets hold them: {string.Join(", ", elsewhere.Select(e => $"{Format.Number(e.Value)} in {e.Key}"))}");
        if (report.Contamination is { } shared)
            terminal.Line($"evaluation data: {Format.Number(shared.Records)} of {Format.Number(shared.Compared)} records share {shared.Ngram} words in a row with {string.Join(", ", shared.Against)}");
        if (report.Split is { } split)
            terminal.Line($"split: {Format.Number(split.Train)} train, {Format.Number(split.Eval)} eval, by {Style.Escape(split.By)}");
        if (report.Drift is { } drift)
            terminal.Line($"since {drift.Parent}: {string.Join(", ", drift.Measures.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} {m.Distance:0.###}")))} (0 same, 1 nothing in common){(drift.NotCompared is null ? "" : $"; not compared: {Style.Escape(drift.NotCompared)}")}");
        if (report.Tokens is { } tokens)
            terminal.Line($"tokens under {tokens.Model}: {Format.Number(tokens.Total)}, {Format.Number(tokens.Supervised)} learnt; a record has {tokens.Lengths.Min} to {tokens.Lengths.Max}, half at most {tokens.Lengths.P50}; {Format.Number(tokens.OverLength)} over {tokens.MaxLength}");
    }
}

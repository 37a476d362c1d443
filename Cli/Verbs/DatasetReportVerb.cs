using System.CommandLine;
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
            lengths, languages, personal data and secrets by kind, images, difference from the version before, tokens, files.

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
            DatasetReportView.Show(terminal, json.Deserialize<DatasetReport>(Wire.Json)!);
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
}

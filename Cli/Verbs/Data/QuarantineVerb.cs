using System.CommandLine;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Data;

internal static class QuarantineVerb
{
    public static Command Build()
    {
        var dataset = new Argument<string>("dataset") { Description = "NAME (its newest version) or NAME:VERSION", HelpName = "NAME" };
        var output = new Option<string?>("--out") { Description = "File that gets the lines as they came; FILE.reasons.jsonl gets their reasons, line by line", HelpName = "FILE" };
        var command = new Command("quarantine", """
            Show what a version set aside, or fetch the lines to correct them and send them again.

            Examples:
              temper data quarantine support
              temper data quarantine support:2 --out fix.jsonl
              temper data requeue support:2 fix.jsonl
            """) { dataset, output };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(dataset)!, parsed.GetValue(output), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string text, string? output, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var version = await VersionName.FindAsync(registry, text, ct);
        var entries = await EntriesAsync(registry, version, ct);
        if (output is null)
        {
            terminal.Document(entries);
            DatasetView.Quarantine(terminal, entries);
            return 0;
        }
        if (File.Exists(output) || File.Exists(Reasons(output)))
            throw new TemperException("usage", $"{output} or {Reasons(output)} exists; it may hold corrections.", "Name a new file.");
        var (lines, without) = await WriteAsync(registry, version, entries.Where(e => e.Outcome == RecordOutcome.Quarantined).ToList(), output, ct);
        terminal.Document(new { file = output, reasons = Reasons(output), lines, without });
        terminal.Line($"{Format.Number(lines)} lines in {output}, their reasons in {Reasons(output)}{(without > 0 ? $"; {Format.Number(without)} were too long to keep" : "")}");
        if (lines > 0)
            terminal.Note($"correct {output}, remove what cannot be corrected, and: temper data requeue {version.Name}:{version.Version} {output}");
        return 0;
    }

    private static string Reasons(string output) => output + ".reasons.jsonl";

    private static async Task<List<QuarantineEntry>> EntriesAsync(RegistryClient registry, DatasetVersionInfo version, CancellationToken ct)
    {
        var (entries, cursor) = (new List<QuarantineEntry>(), (string?)null);
        do
        {
            var page = await registry.Datasets.QuarantineAsync(version.Name, version.Version, cursor, ct);
            entries.AddRange(page.Items);
            cursor = page.NextCursor;
        } while (cursor is not null);
        return entries;
    }

    private static async Task<(int Lines, int Without)> WriteAsync(RegistryClient registry, DatasetVersionInfo version, List<QuarantineEntry> entries, string output, CancellationToken ct)
    {
        var reasons = entries.GroupBy(e => (e.File, e.Line)).ToDictionary(g => g.Key, g => g.First());
        var (lines, without) = (0, 0);
        await using var stream = await registry.Datasets.OpenQuarantinedLinesAsync(version.Name, version.Version, ct);
        await using var file = File.Create(output);
        await using var why = File.Create(Reasons(output));
        await foreach (var line in JsonSerializer.DeserializeAsyncEnumerable<QuarantinedLine>(stream, topLevelValues: true, Wire.Json, ct))
        {
            if (line!.Bytes is null)
            {
                without++;
                continue;
            }
            await file.WriteAsync(line.Bytes, ct);
            file.WriteByte((byte)'\n');
            var entry = reasons.GetValueOrDefault((line.File, line.Line)) ?? new(line.File, line.Line, 0, line.Code, RecordOutcome.Quarantined, ErrorCatalogue.Find(line.Code)?.Meaning ?? "");
            await why.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json), ct);
            why.WriteByte((byte)'\n');
            lines++;
        }
        return (lines, without);
    }
}

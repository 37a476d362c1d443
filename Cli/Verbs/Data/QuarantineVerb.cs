using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Data;

internal static class QuarantineVerb
{
    public static Command Build()
    {
        var dataset = new Argument<string>("dataset") { Description = "NAME (its newest version) or NAME:VERSION", HelpName = "NAME" };
        var output = new Option<string?>("--out") { Description = "File that gets the lines as they came, of images a folder that gets the files; FILE.reasons.jsonl gets their reasons, in the same order. Only you can read them", HelpName = "FILE" };
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
        var entries = await Pages.QuarantineAsync(registry, version, ct);
        if (output is null)
        {
            terminal.Document(entries);
            DatasetView.Quarantine(terminal, entries);
            return 0;
        }
        var quarantined = entries.Where(e => e.Outcome == RecordOutcome.Quarantined).ToList();
        if (quarantined.Count == 0)
            throw new TemperException("not_found", $"{version.Name}:{version.Version} quarantined no records, so there is nothing to write.", "Duplicates and filtered records are listed without --out.");
        var export = new QuarantineExport(registry, version, output);
        var done = await export.RunAsync(quarantined, ct);
        terminal.Document(new { file = done.Kept > 0 ? output : null, reasons = done.Kept > 0 ? export.Reasons : null, lines = done.Kept, without = done.Without, images = done.Images });
        Tell(terminal, version, export, done, output);
        return done.Kept > 0 ? 0 : Failure.ExitCode(ErrorKind.NotFound);
    }

    private static void Tell(Terminal terminal, DatasetVersionInfo version, QuarantineExport export, QuarantineExported done, string output)
    {
        var without = done.Without == 0 ? "" : $"; {Format.Count(done.Without, "record was", "records were")} not kept: {(done.Images ? "above 16 MiB, or never delivered" : "longer than max_line_bytes, in a file that is not trusted as a whole, or never delivered")}; the list without --out says which";
        terminal.Line(done.Kept == 0 ? $"nothing to write{without}" : $"{Format.Count(done.Kept, done.Images ? "file" : "line")} in {output}, {(done.Kept == 1 ? "its reason" : "their reasons")} in {export.Reasons}{without}");
        if (done is { Kept: > 0, Images: true })
            terminal.Note($"correct them and upload them together with the others: temper upload FOLDER --dataset {version.Name}");
        else if (done.Kept > 0)
            terminal.Note($"correct {output}, remove what cannot be corrected, and: temper data requeue {version.Name}:{version.Version} {output}");
    }
}

using System.CommandLine;
using System.Text;
using System.Text.Json;
using Temper.Cli.Hosting;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Json;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

internal static class DataImportVerb
{
    public static Command Build()
    {
        var source = new Argument<string>("file") { Description = "multidatabackend.json of SimpleTuner", HelpName = "FILE" };
        var output = new Option<string?>("--out") { Description = "Where the configuration goes; standard output without it", HelpName = "FILE" };
        var secrets = new Option<bool>("--import-secrets", "--import") { Description = "Move secrets that stand in the file to the home's secret store; without it they are an error" };
        var paths = new Option<bool>("--no-paths") { Description = "Do not ask whether the folders that the file names exist here" };
        var dry = new Option<bool>("--dry-run") { Description = "Show what becomes of each key; nothing is written" };
        var command = new Command("import", """
            Turn SimpleTuner's multidatabackend.json into a configuration of datasets.
            Every key is kept, converted, or named with the reason why it does nothing here.

            Examples:
              temper data import multidatabackend.json --out datasets.json
              temper data import multidatabackend.json --import-secrets --out datasets.json
              temper data import multidatabackend.json --dry-run
            """) { source, output, secrets, paths, dry };
        command.SetAction(async (parsed, ct) => await RunAsync(parsed, parsed.GetValue(source)!, parsed.GetValue(output), parsed.GetValue(secrets), parsed.GetValue(paths), parsed.GetValue(dry), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string source, string? output, bool secrets, bool noPaths, bool dry, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var bytes = await SettingsFile.ReadAsync(source, "Name the file.", ct);
        if (output is not null && File.Exists(output) && !dry)
            throw new TemperException("CFG_BAD_VALUE", $"{Path.GetFullPath(output)} exists already.", "Name another file with --out, or remove it.");
        var store = new LocalSecrets(GlobalOptions.Home(parsed).Path);
        var context = new FactoryContext { Root = noPaths ? null : Path.GetDirectoryName(Path.GetFullPath(source)) };
        var result = SimpleTunerImport.Read(bytes, source, context, !secrets ? null : dry ? (_, _) => { } : store.Set);
        if (dry)
            result = result with { Keys = [.. result.Keys.Select(k => k with { Note = k.Note.Replace("moved to", "would be moved to", StringComparison.Ordinal) })] };
        if (output is not null && !dry)
            DurableFile.Write(Path.GetFullPath(output), Encoding.UTF8.GetBytes(JsonSerializer.Serialize(result.Config, Wire.Pretty) + "\n"));
        terminal.Document(new { result.Config, result.Keys, Written = dry ? null : output });
        if (terminal.Json)
            return 0;
        if (output is null && !dry)
            terminal.Line(Output.Style.Escape(JsonSerializer.Serialize(result.Config, Wire.Pretty)));
        else
            terminal.Table(["dataset", "key", "what", "note"], [.. result.Keys.Select(k => (IReadOnlyList<string>)[k.Dataset, k.Key, k.Fate, k.Note])]);
        foreach (var key in output is null && !dry ? result.Keys.Where(k => k.Fate != "kept") : [])
            terminal.Note($"{key.Dataset}: {key.Key} {key.Fate}: {Output.Style.Escape(key.Note)}");
        if (output is not null && !dry)
            terminal.Line($"wrote {output}; check it with `temper data validate {output}`");
        return 0;
    }
}

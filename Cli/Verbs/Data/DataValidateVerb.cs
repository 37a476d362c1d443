using System.CommandLine;
using Temper.Cli.Output;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

internal static class DataValidateVerb
{
    public static Command Build()
    {
        var file = new DataConfigFile();
        var command = new DataHost().AddTo(file.AddTo(new Command("validate", """
            Check a configuration of datasets: every error at once, with line, JSON pointer and hint.
            Folders and files must exist and lie below the root; nothing is read of the data itself. Exit code 2 when something is wrong.

            Examples:
              temper data validate datasets.yaml
              temper data validate datasets.yaml --var model_family=llama --json
            """)), out var host);
        command.SetAction((parsed, ct) => RunAsync(parsed, file, host, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, DataConfigFile file, DataHost host, CancellationToken ct)
    {
        var config = await file.ReadAsync(parsed, host.Kinds(parsed), ct);
        var terminal = GlobalOptions.Terminal(parsed);
        terminal.Document(new { Valid = true, Datasets = config.Order.Select(d => new { d.Id, Type = d.Type, Backend = d.Backend.Type, d.Generated }), config.Warnings });
        terminal.Line($"{file.Name(parsed)}: {Format.Count(config.Order.Count(d => d is DataEntry), "dataset")}, {Format.Count(config.Order.Count(d => d is StoreEntry), "store")}, no errors, {Format.Count(config.Warnings.Count, "warning")}");
        return 0;
    }
}

using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

internal static class DataBuildVerb
{
    public static Command Build()
    {
        var file = new DataConfigFile();
        var dry = new Option<bool>("--dry-run") { Description = "Check everything on this machine; nothing is sent or kept" };
        var command = new DataHost().AddTo(file.AddTo(new Command("build", """
            Build all datasets of a configuration, in the order of `temper data plan`: each is sent to the server and ingested.
            What has not changed is not sent again. Interrupted? Run the same command again.

            Examples:
              temper data build datasets.yaml
              temper data build datasets.yaml --dry-run
              temper data build datasets.yaml --json
            """)), out var host);
        command.Options.Add(dry);
        command.SetAction((parsed, ct) => RunAsync(parsed, file, host, parsed.GetValue(dry), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, DataConfigFile file, DataHost host, bool dry, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var span = VerbSpan.Begin("build");
        var kinds = host.Kinds(parsed);
        var config = await file.ReadAsync(parsed, kinds, ct);
        using var registry = dry ? null : await GlobalOptions.ConnectPatientlyAsync(parsed, ct);
        using var progress = new Shown(terminal);
        var scratch = Path.Combine(GlobalOptions.Home(parsed).Path, "cache", "factory");
        var result = await new FactoryBuilder(host.Opener(parsed, file.Root(parsed), kinds), registry, scratch, new IngestOptions { Worker = "check" }, TimeProvider.System).BuildAsync(config, progress, ct);
        progress.Dispose();
        terminal.Document(result);
        if (!terminal.Json)
            DataBuildView.Show(terminal, result);
        var problems = result.Datasets.Where(d => d.Action is BuildAction.Failed or BuildAction.Skipped).SelectMany(d => d.Problems).ToList();
        foreach (var problem in problems)
            terminal.Error(problem);
        return result.Succeeded ? 0 : problems.Count == 0 ? Failure.ExitCode(ErrorKind.Failed) : Failure.ExitCode(new TemperException(problems).Kind);
    }

    /// <summary>One progress line a dataset and kind of work.</summary>
    private sealed class Shown(Terminal terminal) : IProgress<BuildProgress>, IDisposable
    {
        private (string, string) _what;
        private ProgressLine? _line;

        public void Report(BuildProgress value)
        {
            if (_what != (value.Dataset, value.What))
            {
                _line?.Dispose();
                (_what, _line) = ((value.Dataset, value.What), terminal.Progress($"{value.Dataset}: {value.What}"));
            }
            _line!.Show(value.Share, value.Detail);
        }

        public void Dispose()
        {
            _line?.Dispose();
            _line = null;
        }
    }
}

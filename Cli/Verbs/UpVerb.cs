using System.CommandLine;
using Temper.Cli.Hosting;

namespace Temper.Cli.Verbs;

internal static class UpVerb
{
    public static Command Build()
    {
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 takes a free one", DefaultValueFactory = _ => 5080, HelpName = "N" };
        var host = new Option<string>("--host") { Description = "Address to listen on; another than loopback needs TEMPER_API_KEY", DefaultValueFactory = _ => "127.0.0.1", HelpName = "ADDRESS" };
        var watch = new Option<string?>("--watch") { Description = "Upload what is dropped here: DIR/NAME.jsonl, or a folder DIR/NAME/", HelpName = "DIR" };
        var threads = new Option<int>("--threads") { Description = "Threads of a training job; 0 takes every processor", HelpName = "N" };
        var command = new Command("up", """
            Start the server on this machine: API, dashboard, ingestion, training and chat in one process.
            Each training job is a child process. Ctrl-C stops everything in a state that the next start continues from.

            Examples:
              temper up
              temper up --port 8080 --watch ./inbox
              TEMPER_API_KEY=… temper up --host 0.0.0.0
            """) { port, host, watch, threads };
        command.SetAction((parsed, ct) => RunAsync(parsed, new(GlobalOptions.Home(parsed), parsed.GetValue(host)!, parsed.GetValue(port), GlobalOptions.ApiKey,
            parsed.GetValue(watch), PluginsVerb.PathOf(parsed), parsed.GetValue(threads)), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, EmbeddedOptions options, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        await using var server = await EmbeddedServer.StartAsync(options, ct);
        terminal.Document(new { url = server.Address.AbsoluteUri.TrimEnd('/'), home = options.Home.Path, pid = Environment.ProcessId });
        terminal.Line($"[bold]Temper[/] is up at [cyan]{server.Address.AbsoluteUri.TrimEnd('/')}[/]");
        terminal.Line($"  state in {options.Home.Path}{(options.WatchFolder is null ? "" : $", watching {Path.GetFullPath(options.WatchFolder)}")}");
        terminal.Line("  Ctrl-C stops it; the next start continues");
        await server.WaitAsync(ct);
        return 0;
    }
}

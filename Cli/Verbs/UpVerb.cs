using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.Core.Errors;
using Temper.Versioning.Backups;

namespace Temper.Cli.Verbs;

internal static class UpVerb
{
    public static Command Build()
    {
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 takes a free one", DefaultValueFactory = _ => 5080, HelpName = "N" };
        var host = new Option<string>("--host") { Description = "Address to listen on; another than loopback needs TEMPER_API_KEY", DefaultValueFactory = _ => "127.0.0.1", HelpName = "ADDRESS" };
        var watch = new Option<string?>("--watch") { Description = "Upload what is dropped here: DIR/NAME.jsonl, or a folder DIR/NAME/", HelpName = "DIR" };
        var threads = new Option<int>("--threads") { Description = "Threads of a training job; 0 takes every processor", HelpName = "N" };
        var backups = new Option<string?>("--backup-to") { Description = "Back the home up into this folder, now and then", HelpName = "DIR" };
        var every = new Option<string>("--backup-every") { Description = "How often: minutes, hours or days, such as 30m, 6h, 1d", DefaultValueFactory = _ => "1d", HelpName = "T" };
        var keep = new Option<int?>("--backup-keep") { Description = "Newest snapshots to keep [default: all]", HelpName = "N" };
        var command = new Command("up", """
            Start the server on this machine: API, dashboard, ingestion, training and chat in one process.
            Each training job is a child process. Ctrl-C stops everything in a state that the next start continues from.

            Examples:
              temper up
              temper up --port 8080 --watch ./inbox
              temper up --backup-to /mnt/backup --backup-every 6h --backup-keep 28
              TEMPER_API_KEY=… temper up --host 0.0.0.0
            """) { port, host, watch, threads, backups, every, keep };
        command.SetAction((parsed, ct) => RunAsync(parsed, new(GlobalOptions.Home(parsed), parsed.GetValue(host)!, parsed.GetValue(port), GlobalOptions.ApiKey,
            parsed.GetValue(watch), PluginsVerb.PathOf(parsed), parsed.GetValue(threads))
        { Backups = Schedule(parsed, parsed.GetValue(backups), parsed.GetValue(every)!, parsed.GetValue(keep)) }, ct));
        return command;
    }

    private static BackupSchedule? Schedule(ParseResult parsed, string? folder, string every, int? keep)
    {
        if (keep is < 1)
            throw new TemperException("usage", $"--backup-keep {keep} would keep nothing.", "Give 1 or more.");
        return folder is null
            ? null
            : new(new(Path.GetFullPath(folder), TimeProvider.System), BackupSource.Home(GlobalOptions.Home(parsed).Path), BackupSchedule.Interval(every), keep, TimeProvider.System);
    }

    private static async Task<int> RunAsync(ParseResult parsed, EmbeddedOptions options, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        await using var server = await EmbeddedServer.StartAsync(options, ct);
        terminal.Document(new { url = server.Address.AbsoluteUri.TrimEnd('/'), home = options.Home.Path, pid = Environment.ProcessId });
        terminal.Line($"[bold]Temper[/] is up at [cyan]{server.Address.AbsoluteUri.TrimEnd('/')}[/]");
        if (ListenAddress.IsEvery(options.Host))
            terminal.Line($"  listening on port {server.Address.Port} of every address of this machine");
        terminal.Line($"  state in {options.Home.Path}{(options.WatchFolder is null ? "" : $", watching {Path.GetFullPath(options.WatchFolder)}")}");
        terminal.Line("  Ctrl-C stops it; the next start continues");
        await server.WaitAsync(ct);
        return 0;
    }
}

using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.Cli.Output;
using Temper.Core.Errors;

namespace Temper.Cli.Demo;

internal static class DemoVerb
{
    public static Command Build()
    {
        var stay = new Option<bool>("--stay") { Description = "Keep the server up afterwards, until Ctrl-C" };
        var threads = new Option<int>("--threads") { Description = "Threads of training; 0 takes every processor", HelpName = "N" };
        var command = new Command("demo", """
            See all of it on a small sample, in a few minutes.
            A base model is trained from nothing, a dataset with faults is uploaded and checked, a job fine-tunes, the registry keeps the
            result with its lineage, and it answers questions before and after.

            State goes to a new folder demo, demo-2, … under the data folder, or to --home DIR. On two idle cores it takes about two minutes.
            An interrupted demo continues when it is started again. The exit code is 1 when something promised did not come true.

            Examples:
              temper demo
              temper demo --stay
              temper demo --json --home /tmp/temper-demo
            """) { stay, threads };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(stay), parsed.GetValue(threads), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, bool stay, int threads, CancellationToken ct)
    {
        if (GlobalOptions.ServerIsGiven(parsed))
            throw new TemperException("usage", "temper demo starts a server of its own; --server has no meaning for it.", "Leave --server and TEMPER_SERVER out.");
        var terminal = GlobalOptions.Terminal(parsed);
        var home = GlobalOptions.HomeIsGiven(parsed) ? GlobalOptions.Home(parsed) : FreshHome();
        var stages = new DemoStages(TimeProvider.System);
        terminal.Line($"[bold]Temper demo[/], state in {home.Path}");
        await using var server = await stages.TimeAsync("start", () => EmbeddedServer.StartAsync(
            new(home, "127.0.0.1", 0, GlobalOptions.ApiKey, null, home.Plugins, threads, LogErrorsOnly: true), ct));
        var kept = await new DemoRun(server.Address, home, terminal, stages, threads).RunAsync(stay, ct);
        if (!stay)
            return kept ? 0 : 1;
        terminal.Note($"the server stays up at {server.Address.AbsoluteUri.TrimEnd('/')}; Ctrl-C stops it");
        await server.WaitAsync(ct);
        return kept ? 0 : 1;
    }

    /// <summary>The first of demo, demo-2, … in the data folder that is new, or holds a demo that was interrupted. Nothing is ever removed.</summary>
    private static HomeFolder FreshHome()
    {
        var data = HomeFolder.At(null).Path;
        return Enumerable.Range(1, int.MaxValue).Select(i => HomeFolder.At(Path.Combine(data, i == 1 ? "demo" : $"demo-{i}")))
            .First(home => !File.Exists(DemoReport.FileIn(home)) && home.RunningServer() is null);
    }
}

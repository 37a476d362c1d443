using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Ingest;
using Temper.Registry.Uploads;

namespace Temper.Cli.Verbs;

internal static class UploadVerb
{
    public static Command Build()
    {
        var path = new Argument<string>("path") { Description = "File or folder to send", HelpName = "PATH" };
        var dataset = new Option<string?>("--dataset") { Description = "Dataset that gets a new version", HelpName = "NAME" };
        var dry = new Option<bool>("--dry-run") { Description = "Say what would come of it; nothing is sent, and no server is needed" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the version is sealed or rejected, and show its ledger" };
        var command = new Command("upload", """
            Send data; it is checked, deduplicated, embedded and sealed into a new dataset version.
            Interrupted? Run the same command again: it continues where it stopped.

            Examples:
              temper upload chats.jsonl --dataset support --wait
              temper upload ./exports --dataset support
              temper upload ./exports --dry-run
              curl -T chats.jsonl http://127.0.0.1:5080/api/v1/uploads/support/chats.jsonl
            """) { path, dataset, wait, dry };
        command.SetAction((parsed, ct) => parsed.GetValue(dry)
            ? CheckAsync(parsed, parsed.GetValue(path)!, ResourceName.Parse(parsed.GetValue(dataset) ?? "dry-run"), ct)
            : RunAsync(parsed, parsed.GetValue(path)!, ResourceName.Parse(parsed.GetValue(dataset) ?? throw new TemperException("usage", "--dataset is missing.", "Name the dataset that gets the new version, or add --dry-run.")), parsed.GetValue(wait), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string path, ResourceName dataset, bool wait, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = wait ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        var selection = UploadSelection.Of(path, terminal);
        var receipt = await new Uploader(registry, terminal).SendAsync(UploadKind.Dataset, dataset, selection.Files, ct);
        var work = receipt.Work ?? throw new InvalidOperationException("A dataset upload has work.");
        if (!wait)
        {
            terminal.Line($"uploaded; ingestion runs as {work}");
            terminal.Line($"follow it: temper jobs {work} --follow");
            terminal.Document(new { receipt.Upload, receipt.Work, LeftOut = selection.LeftOut });
            return 0;
        }
        var job = await new Follower(registry, terminal).WatchAsync(work, ct);
        return await DatasetView.ShowOutcomeAsync(registry, terminal, job, ct);
    }

    /// <summary>All stages that need no registry, in a folder that is gone in the end.</summary>
    private static async Task<int> CheckAsync(ParseResult parsed, string path, ResourceName dataset, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var selection = UploadSelection.Of(path, terminal);
        UploadRules.Check(new(UploadKind.Dataset, dataset, [.. selection.Files.Select(f => new FileEntry(f.Relative, f.Info.Length, Digest.Of([])))]), Ulid.New(TimeProvider.System), UploadRules.LargestFile);
        var check = await DatasetCheck.RunAsync([.. selection.Files.Select(f => (f.Relative, f.Info.FullName))], Path.Combine(Path.GetTempPath(), $"temper-dry-run-{Environment.ProcessId}"),
            new() { Scorers = PluginServices.Scorers(PluginsVerb.PathOf(parsed)) }, TimeProvider.System, ct);
        terminal.Document(new { check.Result.Sealed, check.Result.Ledger, check.Result.Codes, check.Result.Problems, check.Warnings, check.SetAside, LeftOut = selection.LeftOut });
        var ledger = check.Result.Ledger;
        terminal.Line($"would be {(check.Result.Sealed ? "[green]sealed[/]" : "[red]rejected[/]")}: {DatasetView.Identity(ledger)}");
        foreach (var problem in check.Result.Problems)
            terminal.Line($"  [yellow]{problem.Code}[/]: {Style.Escape(problem.Message)}");
        DatasetView.Warnings(terminal, check.Warnings);
        if (check.SetAside.Count > 0)
            DatasetView.Quarantine(terminal, [.. check.SetAside.Take(50)]);
        return check.Result.Sealed ? 0 : Failure.ExitCode(ErrorKind.Invalid);
    }
}

using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Ingest;

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
            ? CheckAsync(parsed, parsed.GetValue(path)!, ct)
            : RunAsync(parsed, parsed.GetValue(path)!, ResourceName.Parse(parsed.GetValue(dataset) ?? throw new TemperException("usage", "--dataset is missing.", "Name the dataset that gets the new version, or add --dry-run.")), parsed.GetValue(wait), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string path, ResourceName dataset, bool wait, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = wait ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        var receipt = await new Uploader(registry, terminal).SendAsync(UploadKind.Dataset, dataset, path, ct);
        var work = receipt.Work ?? throw new InvalidOperationException("A dataset upload has work.");
        if (!wait)
        {
            terminal.Line($"uploaded; ingestion runs as {work}");
            terminal.Line($"follow it: temper jobs {work} --follow");
            terminal.Document(receipt);
            return 0;
        }
        var job = await new Follower(registry, terminal).WatchAsync(work, ct);
        return await DatasetView.ShowOutcomeAsync(registry, terminal, job, ct);
    }

    /// <summary>All stages that need no registry, in a folder that is gone in the end.</summary>
    private static async Task<int> CheckAsync(ParseResult parsed, string path, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new TemperException("not_found", $"{Path.GetFullPath(path)} does not exist.", "Name a file or a folder.");
        var check = await DatasetCheck.RunAsync(path, Path.Combine(Path.GetTempPath(), $"temper-dry-run-{Environment.ProcessId}"), new(), TimeProvider.System, ct);
        terminal.Document(new { check.Result.Sealed, check.Result.Ledger, check.Result.Codes, check.Result.Problems, check.SetAside });
        var ledger = check.Result.Ledger;
        terminal.Line($"would be {(check.Result.Sealed ? "[green]sealed[/]" : "[red]rejected[/]")}: {Format.Number(ledger.RecordsIn)} records in = {Format.Number(ledger.Accepted)} accepted + {Format.Number(ledger.Quarantined)} quarantined + {Format.Number(ledger.Duplicates)} duplicates + {Format.Number(ledger.Filtered)} filtered");
        foreach (var problem in check.Result.Problems)
            terminal.Line($"  [yellow]{problem.Code}[/]: {Style.Escape(problem.Message)}");
        if (check.SetAside.Count > 0)
            DatasetView.Quarantine(terminal, [.. check.SetAside.Take(50)]);
        return check.Result.Sealed ? 0 : Failure.ExitCode(ErrorKind.Invalid);
    }
}

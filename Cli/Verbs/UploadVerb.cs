using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Cli.Verbs;

internal static class UploadVerb
{
    public static Command Build()
    {
        var path = new Argument<string>("path") { Description = "File or folder to send", HelpName = "PATH" };
        var dataset = new Option<string>("--dataset") { Description = "Dataset that gets a new version", Required = true, HelpName = "NAME" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the version is sealed or rejected, and show its ledger" };
        var command = new Command("upload", """
            Send data; it is checked, deduplicated, embedded and sealed into a new dataset version.
            Interrupted? Run the same command again: it continues where it stopped.

            Examples:
              temper upload chats.jsonl --dataset support --wait
              temper upload ./exports --dataset support
              curl -T chats.jsonl http://127.0.0.1:5080/api/v1/uploads/support/chats.jsonl
            """) { path, dataset, wait };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(path)!, ResourceName.Parse(parsed.GetValue(dataset)!), parsed.GetValue(wait), ct));
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
        return await ShowAsync(registry, terminal, job, ct);
    }

    private static async Task<int> ShowAsync(RegistryClient registry, Terminal terminal, JobInfo job, CancellationToken ct)
    {
        if (job.Outcome is { Name: { } name, Version: { } number } && await registry.Datasets.FindAsync(name, number, ct) is { } version)
        {
            terminal.Document(version);
            DatasetView.Show(terminal, version);
            return version.Sealed ? 0 : Failure.ExitCode(Core.Errors.ErrorKind.Invalid);
        }
        terminal.Document(job);
        return Follower.ExitCode(terminal, job);
    }
}

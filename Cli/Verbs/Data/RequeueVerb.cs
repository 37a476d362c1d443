using System.CommandLine;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Data;

internal static class RequeueVerb
{
    public static Command Build()
    {
        var dataset = new Argument<string>("dataset") { Description = "NAME (its newest version) or NAME:VERSION that set the lines aside", HelpName = "NAME" };
        var file = new Argument<string>("file") { Description = "The corrected lines, as the dataset's files have them", HelpName = "FILE" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the version is sealed or rejected, and show its ledger" };
        var command = new Command("requeue", """
            Make a new version of the records that a version accepted and of corrected lines of what it set aside, under the same configuration.

            Examples:
              temper data quarantine support:2 --out fix.jsonl
              temper data requeue support:2 fix.jsonl --wait
            """) { dataset, file, wait };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(dataset)!, parsed.GetValue(file)!, parsed.GetValue(wait), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string text, string path, bool wait, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (!File.Exists(path))
            throw new TemperException("not_found", $"{Path.GetFullPath(path)} does not exist.", "Name the file of corrected lines.");
        using var registry = wait ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        var version = await VersionName.FindAsync(registry, text, ct);
        var pin = await registry.Datasets.ResolveAsync($"{version.Name}:{version.Version}", ct);
        var lines = await File.ReadAllBytesAsync(path, ct);
        if (lines.AsSpan().TrimStart(" \t\r\n"u8).IsEmpty)
            throw new TemperException("usage", $"{path} holds no lines, so there is nothing to add.", "Name the file with the corrected lines.");
        var receipt = await SendAsync(registry, version, lines, JsonSerializer.SerializeToUtf8Bytes(pin, Wire.Json), ct);
        var work = receipt.Work ?? throw new InvalidOperationException("A dataset upload has work.");
        if (!wait)
        {
            terminal.Document(receipt);
            terminal.Line($"sent; ingestion runs as {work}");
            return 0;
        }
        var job = await new Follower(registry, terminal).WatchAsync(work, ct);
        return await DatasetView.ShowOutcomeAsync(registry, terminal, job, ct);
    }

    private static async Task<UploadReceipt> SendAsync(RegistryClient registry, DatasetVersionInfo version, byte[] lines, byte[] pin, CancellationToken ct)
    {
        (string Path, byte[] Bytes)[] files = [($"requeued-{version.Version}.jsonl", lines), (DatasetManifest.RequeueName, pin)];
        var session = await registry.Uploads.OpenAsync(new(UploadKind.Dataset, version.Name, [.. files.Select(f => new FileEntry(f.Path, f.Bytes.Length, Digest.Of(f.Bytes)))]), ct);
        for (var i = 0; i < files.Length; i++)
        {
            for (var sent = (int)session.Files[i].Received; sent < files[i].Bytes.Length;)
                sent = (int)(await registry.Uploads.SendAsync(session.Id, i, sent, files[i].Bytes.AsMemory(sent, Math.Min(session.PartSize, files[i].Bytes.Length - sent)), ct)).Received;
        }
        return await registry.Uploads.CompleteAsync(session.Id, ct);
    }
}

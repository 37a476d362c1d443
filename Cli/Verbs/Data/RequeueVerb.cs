using System.CommandLine;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Ingest;

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
            Of a rejected version the files of its upload are read once more, without the lines that were quarantined.

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
        var lines = await LinesAsync(path, ct);
        using var registry = wait ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        var version = await VersionName.FindAsync(registry, text, ct);
        var receipt = version.Sealed
            ? await SendAsync(registry, version, [], lines, Target(await registry.Datasets.ResolveAsync($"{version.Name}:{version.Version}", ct)), ct)
            : await SendAsync(registry, version, await FilesAsync(registry, version, ct), lines, new(version.Name, version.Version, version.VersionKey), ct);
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

    private static RequeueTarget Target(DatasetPin pin) => new(pin.Name, pin.Version, pin.VersionKey, pin.Commit, pin.Manifest);

    /// <summary>The corrected lines; of a pipe or device, which may never end, nothing.</summary>
    private static async Task<byte[]> LinesAsync(string path, CancellationToken ct)
    {
        if (Directory.Exists(path))
            throw new TemperException("usage", $"{path} is a folder; corrected lines are a file.", "Of images: upload the corrected ones together with the others.");
        if (!File.Exists(path))
            throw new TemperException("not_found", $"{Path.GetFullPath(path)} does not exist.", "Name the file of corrected lines.");
        if (FileState.Of(path) is { IsFile: false })
            throw new TemperException("upload_not_a_file", $"{path} is a pipe, a socket or a device, not a file.");
        var lines = await File.ReadAllBytesAsync(path, ct);
        return lines.AsSpan().TrimStart(" \t\r\n"u8).IsEmpty ? throw new TemperException("usage", $"{path} holds no lines, so there is nothing to add.", "Name the file with the corrected lines.") : lines;
    }

    /// <summary>The files of a rejected version's upload: it has no records of its own that could come along, so its files are read once more.</summary>
    private static async Task<IReadOnlyList<FileEntry>> FilesAsync(RegistryClient registry, DatasetVersionInfo version, CancellationToken ct)
    {
        var name = $"{version.Name}:{version.Version}";
        if (version.Ledger.RecordsIn == 0)
            throw Impossible($"none of its records was read ({string.Join("; ", version.Problems.Select(p => p.Message))})");
        if (await registry.Datasets.ReportAsync(version.Name, version.Version, ct) is { } report && report.TryGetProperty("record_format", out var format) && format.GetString() == "image")
            throw Impossible("it is one of images");
        var files = (await registry.Jobs.FindAsync(version.Work, ct))?.Payload.Deserialize<IngestPayload>(Wire.Json)?.Files ?? throw Impossible("the server does not know any more which files it was made of");
        return files.All(f => f.Path != DatasetManifest.RequeueName) ? [.. files.Select(f => new FileEntry(f.Path, f.Size, f.Sha256))]
            : throw Impossible("it was itself made of corrected lines: requeue the version that those were set aside from, with all corrections");

        TemperException Impossible(string why) => new("CFG_UNSUPPORTED", $"{name} was rejected and cannot be requeued: {why}.", "Correct the files themselves and upload them again.");
    }

    private static async Task<UploadReceipt> SendAsync(RegistryClient registry, DatasetVersionInfo version, IReadOnlyList<FileEntry> there, byte[] lines, RequeueTarget target, CancellationToken ct)
    {
        (string Path, byte[] Bytes)[] files = [($"requeued-{version.Version}.jsonl", lines), (DatasetManifest.RequeueName, JsonSerializer.SerializeToUtf8Bytes(target, Wire.Json))];
        var session = await registry.Uploads.OpenAsync(new(UploadKind.Dataset, version.Name, [.. files.Select(f => new FileEntry(f.Path, f.Bytes.Length, Digest.Of(f.Bytes))), .. there]), ct);
        if (session.Files.Skip(files.Length).Where(f => f.Received < f.Size).Select(f => f.Path).ToList() is { Count: > 0 } gone)
            throw new TemperException("CFG_UNSUPPORTED", $"{version.Name}:{version.Version} was rejected and cannot be requeued: the server cannot take {string.Join(", ", gone.Take(5))} from the upload that it keeps, for it is gone or above 64 MiB.", "Correct the files themselves and upload them again.");
        for (var i = 0; i < files.Length; i++)
        {
            for (var sent = (int)session.Files[i].Received; sent < files[i].Bytes.Length;)
                sent = (int)(await registry.Uploads.SendAsync(session.Id, i, sent, files[i].Bytes.AsMemory(sent, Math.Min(session.PartSize, files[i].Bytes.Length - sent)), ct)).Received;
        }
        return await registry.Uploads.CompleteAsync(session.Id, ct);
    }
}

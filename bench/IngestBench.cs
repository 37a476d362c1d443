using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Ingest;
using Temper.Storage.Folder;

namespace Temper.Bench;

/// <summary>How fast chats become a sealed version: validation alone on one thread beside a plain scan of the JSON and beside Python, then the whole way with
/// its memory, and the same upload again.</summary>
internal static class IngestBench
{
    private const string Python = "/usr/bin/python3";
    private static readonly ResourceName Name = ResourceName.Parse("bench");

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--size", "--steps", "--python", "--only", "--config");
        var file = arguments.Words[1];
        if (arguments.Text("--size") is not null && !File.Exists(file))
            ChatFile.Write(file, (long)arguments.Number("--size", 1) << 20);
        if (!File.Exists(file))
            throw new UsageException($"there is no file {file}; --size MIB makes one.");
        var (bytes, only) = (new FileInfo(file).Length, arguments.Text("--only"));
        var fields = new Dictionary<string, object> { ["bench"] = "ingest", ["bytes"] = bytes };
        if (only is null or "validate")
            Validation(file, bytes, arguments, fields);
        if (only is null or "whole")
            WholeAsync(file, bytes, arguments.Text("--config"), fields).GetAwaiter().GetResult();
        fields["peak_rss_mb"] = Report.PeakMemory();
        fields["dotnet"] = RuntimeInformation.FrameworkDescription;
        return fields;
    }

    private static void Validation(string file, long bytes, Arguments arguments, Dictionary<string, object> fields)
    {
        var (records, tokens) = (0L, 0L);
        var validate = Report.Median(Report.Times(arguments.Steps, () => records = Validate(file)));
        var scan = Report.Median(Report.Times(arguments.Steps, () => tokens = Scan(file)));
        (fields["records"], fields["json_tokens"]) = (records, tokens);
        (fields["validate_mb_s"], fields["scan_mb_s"], fields["validate_of_scan"]) = (Rate(bytes, validate), Rate(bytes, scan), Math.Round(scan / validate, 3));
        if (Peer(arguments.Text("--python") ?? Python, file) is not { } python)
            return;
        (fields["python_mb_s"], fields["python_records"], fields["times_python"]) = (Rate(bytes, python.Seconds), python.Records, Math.Round(python.Seconds / validate, 2));
    }

    /// <summary>Reads, judges and normalises every line: what a slice of ingestion does, without storing it.</summary>
    private static long Validate(string file)
    {
        var config = new DatasetConfig { Format = RecordFormat.Messages };
        using var validator = new LineValidator(config, FormatReader.For(config.Format, config), new RecordFilters([], []));
        var (tally, output) = (new FileTally(), new ByteBuffer(1 << 20));
        validator.Begin("bench.jsonl");
        Lines(file, config.MaxLineBytes, (in Line line) =>
        {
            validator.Take(line, tally, output);
            if (output.Length > 1 << 20)
                output.Clear();
        });
        return tally.Accepted;
    }

    private static long Scan(string file)
    {
        var tokens = 0L;
        Lines(file, 16 << 20, (in Line line) =>
        {
            var reader = new Utf8JsonReader(line.Bytes);
            while (reader.Read())
                tokens++;
        });
        return tokens;
    }

    private delegate void TakeLine(in Line line);

    private static void Lines(string file, int longest, TakeLine take)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var reader = new LineReader(stream, longest, 0, 0);
        do
        {
            while (reader.TryRead(out var line))
                take(line);
        } while (reader.FillAsync(default).AsTask().GetAwaiter().GetResult());
    }

    private static (double Seconds, long Records)? Peer(string python, string file)
    {
        if (!File.Exists(python))
            return null;
        using var process = Process.Start(new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "peers", "ingest_bench.py"), file]) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new PeerException($"{python} ended with {process.ExitCode}.");
        using var json = JsonDocument.Parse(line);
        return (json.RootElement.GetProperty("seconds").GetDouble(), json.RootElement.GetProperty("records").GetInt64());
    }

    private static async Task WholeAsync(string file, long bytes, string? config, Dictionary<string, object> fields)
    {
        using var stages = new StageMeter();
        var root = Path.Combine(Path.GetTempPath(), $"temper-bench-{Environment.ProcessId}");
        var blobs = new FolderBlobStore(root, TimeProvider.System);
        try
        {
            var cold = await IngestAsync(blobs, file, config, "cold");
            stages.Report(bytes, fields);
            var warm = await IngestAsync(blobs, file, config, "warm");
            if (!cold.Result.Files.SequenceEqual(warm.Result.Files))
                throw new PeerException("The same upload became two versions.");
            (fields["accepted"], fields["duplicates"], fields["shards"]) = (cold.Result.Ledger.Accepted, cold.Result.Ledger.Duplicates, cold.Result.Files.Count(f => f.Path.StartsWith("records-", StringComparison.Ordinal)));
            // Of two builds of this program, the same digest says that they made the same bytes.
            fields["version"] = Digest.OfText(string.Join('\n', cold.Result.Files.Select(f => $"{f.Path} {f.Sha256.Hex}"))).Hex[..16];
            (fields["cold_s"], fields["cold_mb_s"], fields["warm_s"], fields["cold_to_warm"]) = (Math.Round(cold.Seconds, 3), Rate(bytes, cold.Seconds), Math.Round(warm.Seconds, 4), Math.Round(cold.Seconds / warm.Seconds, 1));
        }
        finally
        {
            if (Directory.Exists(root))
                Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<(IngestResult Result, double Seconds)> IngestAsync(FolderBlobStore blobs, string file, string? config, string upload)
    {
        List<UploadedFile> files = [await PutAsync(blobs, file, upload, "chats.jsonl")];
        if (config is not null)
            files.Add(await PutAsync(blobs, config, upload, "dataset.yaml"));
        var payload = new IngestPayload(Name, upload, files);
        var options = new IngestOptions { LongestTurn = Timeout.InfiniteTimeSpan };
        var began = Stopwatch.GetTimestamp();
        var result = await new IngestPipeline(blobs, options, new(NoModel, NoDataset), TimeProvider.System).RunAsync(payload, (_, _) => { }, default);
        return (result, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static async Task<UploadedFile> PutAsync(FolderBlobStore blobs, string file, string upload, string name)
    {
        var key = BlobLayout.Upload(Name, upload, name);
        Digest digest;
        await using (var content = File.OpenRead(file))
            digest = await Digest.OfAsync(content, default);
        await using (var content = File.OpenRead(file))
            await blobs.CreateAsync(key, content, default);
        return new(name, key.ToString(), new FileInfo(file).Length, digest);
    }

    private static Task<ModelPin> NoModel(string reference, CancellationToken ct) => throw new TemperException("not_found", reference);

    private static Task<DatasetPin> NoDataset(string reference, CancellationToken ct) => throw new TemperException("not_found", reference);

    private static double Rate(long bytes, double seconds) => Math.Round(bytes / 1e6 / seconds, 1);
}

using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Registry.Tests;

/// <summary>What clients and workers do, over HTTP and the blob store, as the real ones.</summary>
internal static class Actors
{
    public static readonly CancellationToken None = CancellationToken.None;

    public static FileEntry Entry(string path, byte[] bytes) => new(path, bytes.Length, Digest.Of(bytes));

    public static async Task<UploadReceipt> UploadAsync(this RegistryHost host, UploadKind kind, string name, params (string Path, byte[] Bytes)[] files)
    {
        var uploads = host.Client.Uploads;
        var session = await uploads.OpenAsync(new(kind, ResourceName.Parse(name), [.. files.Select(f => Entry(f.Path, f.Bytes))]), None);
        for (var n = 0; n < files.Length; n++)
            for (var at = session.Files[n].Received; at < files[n].Bytes.Length; at += session.PartSize)
                await uploads.SendAsync(session.Id, n, at, files[n].Bytes.AsMemory((int)at, (int)Math.Min(session.PartSize, files[n].Bytes.Length - at)), None);
        return await uploads.CompleteAsync(session.Id, None);
    }

    public static Task<UploadReceipt> UploadDatasetAsync(this RegistryHost host, string name, string text) =>
        host.UploadAsync(UploadKind.Dataset, name, ("chats.jsonl", Encoding.UTF8.GetBytes(text)));

    public static Task<UploadReceipt> ImportAsync(this RegistryHost host, string name, string text = "weights") =>
        host.UploadAsync(UploadKind.Model, name, ("config.json", "{}"u8.ToArray()), ("model.safetensors", Encoding.UTF8.GetBytes(text)));

    public static Task<WorkClaim?> ClaimAsync(this RegistryHost host, WorkKind kind, int lease = 30, int wait = 0) =>
        host.Client.Work.ClaimAsync(new("tests", [kind], lease, wait), None);

    /// <summary>Writes a sealed version as the ingest worker does, and returns what it would finish with.</summary>
    public static async Task<IngestResult> SealAsync(this RegistryHost host, WorkClaim claim, string key, bool isSealed = true, Ledger? ledger = null)
    {
        var payload = claim.Payload.Deserialize<IngestPayload>(Wire.Json)!;
        var counts = ledger ?? new Ledger(3, 2, 1, 0, 0);
        var codes = new SortedDictionary<string, long> { ["REC_JSON_SYNTAX"] = 1 };
        var quarantine = string.Concat(Enumerable.Range(1, 5).Select(line => JsonSerializer.Serialize(
            new QuarantineEntry("chats.jsonl", line, line * 10, "REC_JSON_SYNTAX", RecordOutcome.Quarantined, $"line {line}"), Wire.Json) + "\n"));
        var files = new List<FileEntry>
        {
            await WriteAsync(host, payload.Dataset, key, "records-00000.jsonl", $"{{\"key\":\"{key}\"}}\n"),
            await WriteAsync(host, payload.Dataset, key, DatasetManifest.QuarantineName, quarantine),
            await WriteAsync(host, payload.Dataset, key, DatasetManifest.ReportName, "{\"seen\":3}"),
        };
        if (isSealed)
        {
            var manifest = new DatasetManifest(1, payload.Dataset, key, counts, codes, [], [files[0]], Wire.ToElement(new { }));
            files.Add(await WriteAsync(host, payload.Dataset, key, DatasetManifest.FileName, JsonSerializer.Serialize(manifest, Wire.Json)));
        }
        return new(payload.Dataset, key, isSealed, counts, codes, files, []);
    }

    public static async Task<WorkOutcome> IngestAsync(this RegistryHost host, string name, string text, string key)
    {
        await host.UploadDatasetAsync(name, text);
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        return await host.FinishAsync(claim, await host.SealAsync(claim, key));
    }

    public static Task<WorkOutcome> FinishAsync<T>(this RegistryHost host, WorkClaim claim, T result) =>
        host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Completed, Wire.ToElement(result), null), None);

    public static async Task<JobInfo> StartJobAsync(this RegistryHost host, string output = "bot", string baseModel = "base", string dataset = "chats") =>
        await host.Client.Jobs.CreateAsync(new(Wire.ToElement(new { epochs = 1 }), baseModel, dataset, ResourceName.Parse(output)), None);

    /// <summary>Writes an adapter as a trainer does under its fence, and returns what it would finish with.</summary>
    public static async Task<TrainResult> TrainAsync(this RegistryHost host, WorkClaim claim, string weights = "adapter", params (string Path, string Text)[] more)
    {
        var files = new List<FileEntry>();
        foreach (var (path, text) in (IEnumerable<(string, string)>)[("adapter_config.json", "{\"r\":8}"), ("adapter_model.safetensors", weights), .. more])
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            await host.Get<IBlobStore>().CreateAsync(BlobLayout.Run(claim.Id, claim.Fence, $"result/{path}"), new MemoryStream(bytes), None);
            files.Add(Entry(path, bytes));
        }
        return new(files, true, 10, 0.25, 0.5, "cpu-lanes16", "0.1.0", null);
    }

    /// <summary>A base model and a sealed dataset, so that jobs can be made.</summary>
    public static async Task<RegistryHost> WithInputsAsync(this RegistryHost host)
    {
        await host.ImportAsync("base");
        await host.IngestAsync("chats", "{}", "00aa");
        return host;
    }

    private static async Task<FileEntry> WriteAsync(RegistryHost host, ResourceName dataset, string key, string path, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await host.Get<IBlobStore>().CreateAsync(BlobLayout.Dataset(dataset, key, path), new MemoryStream(bytes), None);
        return Entry(path, bytes);
    }
}

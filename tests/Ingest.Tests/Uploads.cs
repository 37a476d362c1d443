using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Storage.Folder;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>A folder of blobs with uploads in it, and what ingestion makes of them.</summary>
internal sealed class Uploads : IDisposable
{
    public static readonly ResourceName Dataset = ResourceName.Parse("shelf");
    private readonly TempFolder _folder = new();

    public Uploads() => Blobs = new FolderBlobStore(_folder.Path, TimeProvider.System);

    public IBlobStore Blobs { get; }

    public IngestOptions Options { get; init; } = new();

    public Func<string, CancellationToken, Task<ModelPin>> Resolve { get; init; } = (reference, _) => throw new TemperException("not_found", reference);

    public Func<string, CancellationToken, Task<DatasetPin>> ResolveDataset { get; set; } = (reference, _) => throw new TemperException("not_found", reference);

    /// <summary>Stores files as a finished upload.</summary>
    public async Task<IngestPayload> PutAsync(string upload, params (string Path, byte[] Bytes)[] files)
    {
        var stored = new List<UploadedFile>();
        foreach (var (path, bytes) in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            var key = BlobLayout.Upload(Dataset, upload, path);
            await Blobs.CreateAsync(key, new MemoryStream(bytes), default);
            stored.Add(new(path, key.ToString(), bytes.Length, Digest.Of(bytes)));
        }
        return new(Dataset, upload, stored);
    }

    /// <summary>Ingests files as one upload.</summary>
    public async Task<Ingested> IngestAsync(params (string Path, byte[] Bytes)[] files) => await IngestAsync(await PutAsync("up", files));

    /// <summary>The pin of a sealed version.</summary>
    public static DatasetPin PinOf(IngestResult result, int version) =>
        new(result.Dataset, version, result.VersionKey, Digest.OfText($"commit {version}"), result.Files.First(f => f.Path == DatasetManifest.FileName).Sha256);

    public async Task<Ingested> IngestAsync(IngestPayload payload, IBlobStore? through = null)
    {
        var result = await Pipeline(through ?? Blobs).RunAsync(payload, (_, _) => { }, default);
        return new(result, await LinesAsync<QuarantineEntry>(result, DatasetManifest.QuarantineName), await RecordsAsync(result));
    }

    public IngestPipeline Pipeline(IBlobStore blobs, TimeProvider? clock = null) =>
        new(blobs, Options, new(Resolve, ResolveDataset), clock ?? TimeProvider.System);

    public async Task<byte[]> ReadAsync(IngestResult result, string file)
    {
        await using var stream = await Blobs.OpenAsync(BlobLayout.Dataset(result.Dataset, result.VersionKey, file), 0, null, null, default);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Text as a file, lines joined by LF, a newline at the end.</summary>
    public static byte[] Lines(params string[] lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")));

    /// <summary>One chat of a question and an answer.</summary>
    public static string Chat(string question, string answer) => JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = question }, new { role = "assistant", content = answer } } });

    /// <summary>So many chats about different things.</summary>
    public static string[] Chats(int count, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(i => Chat($"What is {Digest.OfText($"q{i}").Hex}?", $"It is {Digest.OfText($"a{i}").Hex}."))];

    public static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private async Task<IReadOnlyList<CanonicalRecord>> RecordsAsync(IngestResult result)
    {
        var records = new List<CanonicalRecord>();
        foreach (var shard in result.Files.Where(f => f.Path.StartsWith("records-", StringComparison.Ordinal)))
            records.AddRange(await LinesAsync<CanonicalRecord>(result, shard.Path));
        return records;
    }

    private async Task<IReadOnlyList<T>> LinesAsync<T>(IngestResult result, string file) =>
        [.. Encoding.UTF8.GetString(await ReadAsync(result, file)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<T>(line, Wire.Strict)!)];
}

/// <summary>What came of an upload.</summary>
internal sealed record Ingested(IngestResult Result, IReadOnlyList<QuarantineEntry> SetAside, IReadOnlyList<CanonicalRecord> Records)
{
    public Ledger Ledger => Result.Ledger;

    /// <summary>Codes of what was set aside, in order.</summary>
    public string[] Codes => [.. SetAside.Select(e => e.Code)];
}

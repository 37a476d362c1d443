using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Every record that comes in is in exactly one column, whatever came in.</summary>
public sealed class LedgerTests
{
    [Fact]
    public async Task The_ledger_closes_on_whatever_bytes_arrive()
    {
        for (var seed = 0; seed < 25; seed++)
        {
            using var uploads = new Uploads { Options = new() { SliceBytes = 700 + (seed * 97) } };
            var random = new Random(seed);
            var (plain, packed) = (Noise(random), Noise(random));
            var cut = Uploads.Gzip(packed)[..^random.Next(0, 3)];
            var config = $"format: messages\nmax_bad_fraction: 1\nallow_file_errors: true\nmax_line_bytes: 300\naccept_partial: {(seed % 2 == 0 ? "true" : "false")}\nfilters: {{characters: {{max: 150}}}}\ndedup: {{near: {{action: drop}}}}\n";
            var ingested = await uploads.IngestAsync(("a.jsonl", plain), ("b.jsonl.gz", cut), ("dataset.yaml", Encoding.UTF8.GetBytes(config)));

            var ledger = ingested.Ledger;
            Assert.True(ledger.Closes, $"seed {seed}: {ledger}");
            Assert.Equal(ledger.Quarantined + ledger.Duplicates + ledger.Filtered, ingested.SetAside.Count);
            Assert.Equal(ingested.Result.Sealed ? ledger.Accepted : 0, ingested.Records.Count);
            Assert.Equal(Records(plain), (await FileAsync(uploads, ingested, 0)).RecordsIn);
            Assert.True((await FileAsync(uploads, ingested, 1)).Closes);
            var places = ingested.SetAside.Select(e => (e.File, e.Line)).Concat(ingested.Records.Select(r => (r.Source.File, r.Source.Line))).ToList();
            Assert.Equal(places.Count, places.Distinct().Count());
            Assert.Equal(ingested.SetAside.OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line), ingested.SetAside);
        }
    }

    [Fact]
    public async Task Filters_drop_by_rule_and_are_counted_in_their_own_column()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chat("a?", "b"), Uploads.Chat("Is this long enough?", "Yes, it is long enough."), Uploads.Chat("again again", "again again again"))),
            ("dataset.yaml", "filters: {characters: {min: 10}, repetition: {max: 0.5}}\n"u8.ToArray()));
        Assert.Equal(new Ledger(3, 1, 0, 0, 2), ingested.Ledger);
        Assert.Equal([("FILTERED_BY_RULE", "The rule 'characters' keeps 10 to any; the record has 3."), ("FILTERED_BY_RULE", "The rule 'repetition' keeps any to 0.5; the record has 0.8.")], ingested.SetAside.Select(e => (e.Code, e.Message)));
    }

    [Theory]
    [InlineData("max_bad_fraction: 0.2", true)]
    [InlineData("max_bad_fraction: 0.1", false)]
    [InlineData("{max_bad_fraction: 1, max_bad_records: 1}", false)]
    [InlineData("{max_bad_fraction: 1, max_bad_records: 2}", true)]
    [InlineData("{max_bad_fraction: 1, on_bad_record: fail}", false)]
    [InlineData("{max_bad_fraction: 1, expect: {min_records: 9}}", false)]
    [InlineData("{max_bad_fraction: 1, expect: {max_records: 7}}", false)]
    public async Task Limits_decide_and_a_rejected_version_still_shows_everything(string config, bool isSealed)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines([.. Uploads.Chats(8), "x", "y"])), ("dataset.yaml", Encoding.UTF8.GetBytes(config)));
        Assert.Equal(isSealed, ingested.Result.Sealed);
        Assert.Equal(new Ledger(10, 8, 2, 0, 0), ingested.Ledger);
        Assert.Equal(2, ingested.SetAside.Count);
        Assert.Equal(isSealed, ingested.Result.Files.Any(f => f.Path is DatasetManifest.FileName or "records-00000.jsonl"));
        Assert.Contains(ingested.Result.Files, f => f.Path == DatasetManifest.ReportName);
        Assert.Equal(isSealed, ingested.Result.Problems.Count == 0);
    }

    [Fact]
    public async Task The_manifest_names_every_file_by_its_digest()
    {
        using var uploads = new Uploads { Options = new() { ShardBytes = 2000 } };
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chats(40))));
        var manifest = JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(ingested.Result, DatasetManifest.FileName), Core.Json.Wire.Strict)!;
        Assert.Equal(ingested.Result.Files.Where(f => f.Path.StartsWith("records-", StringComparison.Ordinal)), manifest.Shards);
        foreach (var file in ingested.Result.Files)
        {
            var bytes = await uploads.ReadAsync(ingested.Result, file.Path);
            Assert.Equal((file.Size, file.Sha256), (bytes.Length, Core.Ids.Digest.Of(bytes)));
            Assert.True(file.Size <= 2000 || !file.Path.StartsWith("records-", StringComparison.Ordinal));
        }
        Assert.Equal(ingested.Ledger, manifest.Ledger);
        Assert.Equal("messages", manifest.Config.GetProperty("format").GetString());
    }

    private static async Task<Ledger> FileAsync(Uploads uploads, Ingested ingested, int file)
    {
        using var report = JsonDocument.Parse(await uploads.ReadAsync(ingested.Result, DatasetManifest.ReportName));
        return report.RootElement.GetProperty("files")[file].GetProperty("ledger").Deserialize<Ledger>(Core.Json.Wire.Json)!;
    }

    private static long Records(byte[] bytes) => Encoding.Latin1.GetString(bytes).Split('\n').Count(line => line.Trim(' ', '\t', '\r').Length > 0);

    /// <summary>Good lines, copies, blank ones, and lines with random bytes in them.</summary>
    private static byte[] Noise(Random random)
    {
        var bytes = new List<byte>();
        var good = Uploads.Chats(12, random.Next(1000));
        for (var i = 0; i < 40; i++)
        {
            var line = Encoding.UTF8.GetBytes(good[random.Next(good.Length)] + (random.Next(5) == 0 ? " \r" : ""));
            for (var hits = random.Next(4) == 0 ? random.Next(1, 5) : 0; hits > 0; hits--)
                line[random.Next(line.Length)] = (byte)random.Next(256);
            bytes.AddRange(random.Next(9) switch { 0 => [], 1 => line[..random.Next(line.Length)], 2 => [.. line, .. line], _ => line });
            bytes.Add((byte)'\n');
        }
        return [.. bytes];
    }
}

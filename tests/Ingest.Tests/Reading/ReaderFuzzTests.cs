using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Tensors;

namespace Temper.Ingest.Tests;

/// <summary>
/// Valid files with some of their bytes changed, cut, doubled or swapped, by counters: no reader throws or hangs, and every ledger closes. With
/// TEMPER_FUZZ_SECONDS set, each reader is fed for that long.
/// </summary>
public sealed class ReaderFuzzTests
{
    private static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable("TEMPER_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
    private static readonly string[] Chats = [.. Uploads.Chats(12).Select(c => c.Replace("It is", "It\\n is é", StringComparison.Ordinal))];
    private static readonly string Array = $"[\n{string.Join(" ,\n", Chats)}\n]";
    private static readonly string Table = "prompt,completion,note\r\n" + string.Concat(Enumerable.Range(0, 14).Select(i => $"\"What, {i}?\",\"That\r\n\"\"{i}\"\"\",é\r\n"));

    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.jsonl.zst")]
    [InlineData("a.json")]
    [InlineData("a.csv")]
    [InlineData("a.tsv")]
    [InlineData("a.txt")]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public async Task A_damaged_file_is_read_to_some_end_and_its_ledger_closes(string path)
    {
        var good = Good(path);
        var clock = Stopwatch.StartNew();
        for (var i = 0u; i < 8 || clock.Elapsed.TotalSeconds < Seconds; i++)
        {
            using var uploads = new Uploads { Options = new() { SliceBytes = 300 + (i % 7 * 400) } };
            var format = path is "a.csv" or "a.tsv" ? "prompt_completion" : path == "a.txt" ? "text" : "messages";
            var config = Encoding.UTF8.GetBytes($"format: {format}\nmax_bad_fraction: 1\nallow_file_errors: true\nmax_line_bytes: 400\naccept_partial: {(i % 2 == 0 ? "true" : "false")}\ntext_unit: {(i % 3 == 0 ? "file" : i % 3 == 1 ? "line" : "paragraph")}\n");
            var ingested = await uploads.IngestAsync((path, Damage(good, new RandomKey(17, (uint)path.Length, i))), ("dataset.yaml", config)).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(ingested.Ledger.Closes, $"{path}, case {i}: {ingested.Ledger}");
            Assert.Equal(ingested.Ledger.RecordsIn - ingested.Ledger.Accepted, ingested.SetAside.Count);
            using var report = JsonDocument.Parse(await uploads.ReadAsync(ingested.Result, DatasetManifest.ReportName));
            Assert.All(report.RootElement.GetProperty("files").EnumerateArray(), file => Assert.True(file.GetProperty("ledger").Deserialize<Ledger>(Core.Json.Wire.Json)!.Closes));
        }
    }

    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.jsonl.zst")]
    [InlineData("a.json")]
    [InlineData("a.csv")]
    [InlineData("a.tsv")]
    [InlineData("a.txt")]
    public async Task A_damaged_file_gives_the_same_rows_again_from_any_of_its_places(string path)
    {
        using var feeds = new Feeds();
        var good = Good(path);
        var clock = Stopwatch.StartNew();
        for (var i = 0u; i < 25 || clock.Elapsed.TotalSeconds < Seconds; i++)
        {
            var key = new RandomKey(19, (uint)path.Length, i);
            var file = await feeds.PutAsync(path, Damage(good, key));
            var config = new DatasetConfig { MaxLineBytes = 200 };
            var whole = await feeds.ReadAsync(file, config).WaitAsync(TimeSpan.FromSeconds(60));
            if (whole.Rows.Count == 0)
                continue;
            var cut = (int)Philox.Below(key, 500, whole.Rows.Count);
            var rest = await feeds.ReadAsync(file, config, whole.Rows[cut].Next.Offset, whole.Rows[cut].Next.Rows);
            Assert.Equal(whole.Rows.Skip(cut + 1), rest.Rows);
            Assert.Equal(whole.Fault, rest.Fault);
        }
    }

    private static byte[] Good(string path) => path switch
    {
        "a.jsonl" => Uploads.Lines(Chats),
        "a.jsonl.gz" => [.. Uploads.Gzip(Uploads.Lines(Chats)), .. Uploads.Gzip(Uploads.Lines(Chats[..2]))],
        "a.jsonl.zst" => [.. Zstd.Store(Uploads.Lines(Chats)), .. Zstd.Golden("unchecked.jsonl.zst")],
        "a.json" => Encoding.UTF8.GetBytes(Array),
        "a.csv" => Encoding.UTF8.GetBytes(Table),
        "a.tsv" => Encoding.UTF8.GetBytes(Table.Replace(',', '\t')),
        "a.txt" => Encoding.UTF8.GetBytes(string.Join("\n\n", Chats)),
        _ => ArchiveTests.Pack(path, [("set/a.jsonl", string.Join('\n', Chats)), ("b.json", Array), ("c.txt", "some words")]),
    };

    private static byte[] Damage(byte[] good, RandomKey key)
    {
        var bad = good[..(int)(good.Length - Philox.Below(key, 0, 3) / 2 * Philox.Below(key, 1, good.Length))].ToList();
        for (var n = Philox.Below(key, 2, 4); n >= 0 && bad.Count > 0; n--)
        {
            var at = (int)Philox.Below(key, 3 + n, bad.Count);
            switch (Philox.Below(key, 30 + n, 5))
            {
                case 0:
                    bad[at] = (byte)Philox.Below(key, 60 + n, 256);
                    break;
                case 1:
                    bad[at] = bad[(int)Philox.Below(key, 90 + n, bad.Count)];
                    break;
                case 2:
                    bad.RemoveRange(at, (int)Math.Min(Philox.Below(key, 120 + n, 40), bad.Count - at));
                    break;
                case 3:
                    bad.InsertRange(at, bad.GetRange(at, (int)Math.Min(Philox.Below(key, 150 + n, 40), bad.Count - at)));
                    break;
                default:
                    bad[at] = "\"\n,[]{}\\"u8[(int)Philox.Below(key, 180 + n, 8)];
                    break;
            }
        }
        return [.. bad];
    }
}

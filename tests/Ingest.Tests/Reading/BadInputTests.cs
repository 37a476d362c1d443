using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>What real exports and real accidents look like, byte by byte.</summary>
public sealed class BadInputTests
{
    private const int Chunk = 256 << 10;

    [Fact]
    public async Task Any_flipped_bit_of_a_gzip_file_is_noticed_or_changes_nothing()
    {
        var text = Uploads.Lines(Uploads.Chats(2));
        byte[] packed = [.. Uploads.Gzip(text), .. Uploads.Gzip("second\n"u8.ToArray())];
        byte[] whole = [.. text, .. "second\n"u8];
        var harmless = 0;
        for (var bit = 0; bit < packed.Length * 8; bit++)
        {
            var damaged = packed.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var (bytes, fault) = await UnpackAsync(damaged);
            harmless += fault is null ? 1 : 0;
            Assert.True(fault is not null || bytes.SequenceEqual(whole), $"bit {bit % 8} of byte {bit / 8}");
        }
        // Times and systems in two headers, and the flag that says text.
        Assert.InRange(harmless, 1, 2 * 8 * 7);
    }

    [Fact]
    public async Task A_gzip_file_that_was_cut_anywhere_is_noticed()
    {
        byte[] first = Uploads.Gzip(Uploads.Lines(Uploads.Chats(2))), packed = [.. first, .. Uploads.Gzip("second\n"u8.ToArray())];
        for (var length = 0; length < packed.Length; length++)
        {
            var (_, fault) = await UnpackAsync(packed[..length]);
            Assert.True(length == first.Length || fault?.Code is "FILE_TRUNCATED" or "FILE_CORRUPT", $"{length} of {packed.Length} bytes: {fault?.Code}");
        }
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\":\"", "\"}\n{\"text\":\"b\"}\n")]
    [InlineData("a.json", "[{\"text\":\"", "\"},{\"text\":\"b\"}]")]
    [InlineData("a.csv", "text\n\"", "\"\nb\n")]
    [InlineData("a.txt", "", "\n\nb\n")]
    public async Task Characters_across_the_buffers_edge_are_whole_and_broken_ones_are_found_there(string path, string begin, string end)
    {
        using var uploads = new Uploads();
        for (var shift = 0; shift < 5; shift++)
        {
            var before = new string('x', Chunk - begin.Length - shift);
            var good = await uploads.IngestAsync(await uploads.PutAsync($"good{shift}", (path, Encoding.UTF8.GetBytes($"{begin}{before}€𝄞{end}")), Text));
            Assert.Equal([$"{before}€𝄞", "b"], good.Records.Select(r => r.Text));
            var bad = await uploads.IngestAsync(await uploads.PutAsync($"bad{shift}", (path, [.. Encoding.UTF8.GetBytes($"{begin}{before}€"), 0xE2, 0x82, .. Encoding.UTF8.GetBytes(end)]), Text));
            Assert.Equal(["REC_INVALID_UTF8"], bad.Codes);
            Assert.Equal(1, bad.Ledger.Accepted);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xE0, 0x80, 0xAF })]
    [InlineData(new byte[] { 0xF0, 0x82, 0x82, 0xAC })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF5, 0x80, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xE9 })]
    [InlineData(new byte[] { 0x80 })]
    public async Task Bytes_that_are_no_UTF8_are_set_aside_in_every_kind_of_file(byte[] bytes)
    {
        using var uploads = new Uploads();
        byte[] In(string begin, string end) => [.. Encoding.UTF8.GetBytes(begin), .. bytes, .. Encoding.UTF8.GetBytes(end)];
        var ingested = await uploads.IngestAsync(("a.jsonl", In("{\"text\":\"", "\"}\n")), ("b.jsonl", In("{\"text\":\"a\",\"", "\":1}\n")), ("c.json", In("[{\"text\":\"", "\"}]")), ("d.csv", In("text\n\"", "\"\n")), ("e.tsv", In("text\ta\nb\t", "\n")), ("f.txt", In("", "\n")), ("g.md", "good"u8.ToArray()), Text);
        Assert.Equal(Enumerable.Repeat("REC_INVALID_UTF8", 6), ingested.Codes);
        Assert.Equal(1, ingested.Ledger.Accepted);
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\":\"a\"}\n")]
    [InlineData("a.json", "[{\"text\":\"a\"}]")]
    [InlineData("a.csv", "text\na\n")]
    [InlineData("a.txt", "some words\n")]
    public async Task Other_encodings_of_Unicode_are_named_in_every_kind_of_file(string path, string text)
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, new UnicodeEncoding(false, false), new UnicodeEncoding(true, false)])
        {
            using var uploads = new Uploads();
            var ingested = await uploads.IngestAsync((path, [.. encoding.GetPreamble(), .. encoding.GetBytes(text)]), ("z.jsonl", "{\"text\":\"b\"}\n"u8.ToArray()), ("dataset.yaml", "format: text\nallow_file_errors: true\n"u8.ToArray()));
            Assert.Equal(("FILE_ENCODING", 1L), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted));
        }
    }

    [Fact]
    public async Task Lines_that_are_almost_JSON_are_each_set_aside_for_their_own_reason()
    {
        using var uploads = new Uploads();
        var many = string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"{i}\":0"));
        (string Line, string? Code)[] lines =
        [
            ($"{{\"text\":{new string('[', 100_000)}", "REC_TOO_DEEP"), ($"{{\"text\":\"keys\",{many}}}", null), ($"{{\"text\":\"twice\",{many},\"7\":1}}", "REC_DUPLICATE_KEY"), ("{\"text\":\"a\",\"text\":\"b\"}", "REC_DUPLICATE_KEY"),
            ("{\"text\":\"\\ud800\"}", "REC_INVALID_UNICODE"), ("{\"text\":\"\\udc00\\ud800\"}", "REC_INVALID_UNICODE"), ("{\"text\":\"a\",\"n\":NaN}", "REC_INVALID_JSON"), ("{\"text\":\"a\",\"n\":-Infinity}", "REC_INVALID_JSON"),
            ("{\"text\":\"a\",\"n\":1e999}", "REC_NUMBER_RANGE"), ($"{{\"text\":\"a\",\"n\":{new string('9', 400)}}}", "REC_NUMBER_RANGE"), ("{\"text\":\"a\",}", "REC_INVALID_JSON"), ("{\"text\":\"a\"} // why", "REC_INVALID_JSON"),
            ("{\"text\":/* why */\"a\"}", "REC_INVALID_JSON"), ("{'text':'a'}", "REC_INVALID_JSON"), ("{\"text\":\"a\"}{\"text\":\"b\"}", "REC_INVALID_JSON"), ("{\"text\":\"tab\there\"}", "REC_INVALID_JSON"), ("{\"text\":\"fine\"}", null),
        ];
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines([.. lines.Select(l => l.Line)])), Text);
        Assert.Equal(lines.Select(l => l.Code).Where(code => code is not null), ingested.Codes);
        Assert.Equal(["keys", "fine"], ingested.Records.Select(r => r.Text));
    }

    private static (string, byte[]) Text => ("dataset.yaml", "format: text\nmax_bad_fraction: 1\ndedup: {exact: true, near: {enabled: false}}\n"u8.ToArray());

    private static async Task<(byte[] Bytes, FileFault? Fault)> UnpackAsync(byte[] packed)
    {
        using var gzip = new GzipMembers(new MemoryStream(packed));
        using var bytes = new MemoryStream();
        await gzip.CopyToAsync(bytes);
        return (bytes.ToArray(), gzip.Fault);
    }
}

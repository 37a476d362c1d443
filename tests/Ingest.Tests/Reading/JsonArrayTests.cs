using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest.Tests;

/// <summary>Files that are one JSON array.</summary>
public sealed class JsonArrayTests
{
    private static readonly (string, byte[]) Lenient = ("dataset.yaml", "format: messages\nmax_bad_fraction: 1\n"u8.ToArray());

    [Fact]
    public async Task A_pretty_printed_array_of_chats_is_read_and_its_records_are_numbered()
    {
        using var uploads = new Uploads();
        var chats = Uploads.Chats(3).Select(chat => chat.Replace("{", "{\n    ", StringComparison.Ordinal));
        var ingested = await uploads.IngestAsync(("a.json", Encoding.UTF8.GetBytes($"\uFEFF [\r\n  {string.Join(" ,\n  ", chats)}\n]\n\n")));
        Assert.True(ingested.Result.Sealed);
        Assert.Equal([1L, 2, 3], ingested.Records.Select(r => r.Source.Line));
        Assert.Equal(9, ingested.Records[0].Source.Offset);
    }

    [Fact]
    public async Task An_array_on_one_line_and_a_compressed_one_are_read()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.json", Encoding.UTF8.GetBytes($"[{string.Join(',', Uploads.Chats(20))}]")), ("b.json.gz", Uploads.Gzip(Encoding.UTF8.GetBytes($"[{string.Join(',', Uploads.Chats(5, 50))}]"))), ("c.json", "[]"u8.ToArray()));
        Assert.Equal(new Ledger(25, 25, 0, 0, 0), ingested.Ledger);
    }

    [Fact]
    public async Task Lines_under_the_name_json_are_still_lines()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.json", Uploads.Lines(["[1, 2]", .. Uploads.Chats(2)])), Lenient);
        Assert.Equal(("REC_WRONG_TYPE", 2L), (Assert.Single(ingested.Codes), ingested.Ledger.Accepted));
    }

    [Fact]
    public async Task A_bad_element_is_set_aside_alone()
    {
        using var uploads = new Uploads();
        var chats = Uploads.Chats(3);
        string[] elements = [chats[0], "7", "null", "\"a, ] b\"", "NaN", """{"a":1,}""", """{"a":1e999}""", """{"a":1,"a":2}""", """{"a":"\ud800"}""", "{\"a\": // no\n 1}", new string('[', 100_000) + new string(']', 100_000), chats[1], "[]", chats[2]];
        var ingested = await uploads.IngestAsync(("a.json", Encoding.UTF8.GetBytes($"[{string.Join(",\n", elements)}]")), Lenient);
        Assert.Equal(["REC_WRONG_TYPE", "REC_WRONG_TYPE", "REC_WRONG_TYPE", "REC_INVALID_JSON", "REC_INVALID_JSON", "REC_NUMBER_RANGE", "REC_DUPLICATE_KEY", "REC_INVALID_UNICODE", "REC_INVALID_JSON", "REC_TOO_DEEP", "REC_WRONG_TYPE"], ingested.Codes);
        Assert.Equal([1L, 12, 14], ingested.Records.Select(r => r.Source.Line));
    }

    [Theory]
    [InlineData("[@,@,]", "FILE_BAD_ARRAY")]
    [InlineData("[@ @]", "FILE_BAD_ARRAY")]
    [InlineData("[,@]", "FILE_BAD_ARRAY")]
    [InlineData("[@,,@]", "FILE_BAD_ARRAY")]
    [InlineData("[@, /* and */ @]", "FILE_BAD_ARRAY")]
    [InlineData("[@, // and\n @]", "FILE_BAD_ARRAY")]
    [InlineData("[@,\n@]\n[@]", "FILE_BAD_ARRAY")]
    [InlineData("[@,\n@]]", "FILE_BAD_ARRAY")]
    [InlineData("[@\n}]", "FILE_BAD_ARRAY")]
    [InlineData("[@,\n@", "FILE_TRUNCATED")]
    [InlineData("[@,\n@,", "FILE_TRUNCATED")]
    [InlineData("[@,\n{\"messages\":[", "FILE_TRUNCATED")]
    [InlineData("[@,\n{\"mess", "FILE_TRUNCATED")]
    public async Task An_array_that_does_not_hold_together_is_refused_whole(string shape, string code)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.json", Encoding.UTF8.GetBytes(shape.Replace("@", Uploads.Chats(1)[0], StringComparison.Ordinal))), ("dataset.yaml", "format: messages\n"u8.ToArray()));
        Assert.Equal((code, 0L, true), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted, ingested.Ledger.Closes));
    }

    [Fact]
    public async Task What_is_set_aside_over_several_lines_is_kept_on_one_to_be_corrected()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.json", "[\n{\"messages\":\n []},\n{\"a\":\n1,}]"u8.ToArray()), ("b.csv", "messages\n\"a\nb\"x\n"u8.ToArray()), ("z.jsonl", Uploads.Lines(Uploads.Chats(1))), ("dataset.yaml", "max_bad_fraction: 1\nallow_file_errors: true\n"u8.ToArray()));
        Assert.Equal(1, ingested.Ledger.Accepted);
        await using var stream = await uploads.Blobs.OpenAsync(BlobLayout.Quarantine(Uploads.Dataset, ingested.Result.VersionKey), 0, null, null, default);
        var kept = await JsonSerializer.DeserializeAsyncEnumerable<QuarantinedLine>(stream, topLevelValues: true, Wire.Json, default).Select(l => (l!.File, l.Line, Encoding.UTF8.GetString(l.Bytes!))).ToListAsync();
        Assert.Equal([("a.json", 1L, "{\"messages\":  []}"), ("a.json", 2, "{\"a\": 1,}")], kept);
    }

    [Fact]
    public async Task Accept_partial_keeps_the_elements_before_the_cut()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.json", Encoding.UTF8.GetBytes($"[\n{string.Join(',', Uploads.Chats(9))}, {{\"mess")), ("dataset.yaml", "format: messages\naccept_partial: true\n"u8.ToArray()));
        Assert.Equal((true, 9L), (ingested.Result.Sealed, ingested.Ledger.Accepted));
    }

    [Fact]
    public async Task An_element_over_the_limit_is_passed_over()
    {
        using var feeds = new Feeds();
        var huge = $"{{\"text\": \"{new string('x', 700_000)}\"}}";
        var read = await feeds.ReadAsync("a.json", Encoding.UTF8.GetBytes($"[\n{{\"text\": \"a\"}}, {huge},{{\"text\":\"b\"}}]"), new() { MaxLineBytes = 1000 });
        Assert.Equal(["{\"text\": \"a\"}", "{\"text\":\"b\"}"], read.Json);
        Assert.Equal((true, huge.Length, Core.Ids.Digest.OfText(huge).Hex), (read.Rows[1].TooLong, read.Rows[1].Length, read.Rows[1].Digest));
        Assert.Null(read.Fault);
    }

    [Theory]
    [InlineData("a.jsonl", "[\n@,\n@]", "FILE_KIND_MISMATCH")]
    [InlineData("a.ndjson", "[@,@]", "FILE_KIND_MISMATCH")]
    [InlineData("a.json", "{\n  \"data\": [@]\n}", "FILE_NOT_JSONL")]
    [InlineData("a.jsonl", "{\n  \"data\": [@]\n}", "FILE_NOT_JSONL")]
    [InlineData("a.csv", "[{\"a\": 1}]", "FILE_KIND_MISMATCH")]
    [InlineData("a.csv", "{\"a\": 1}", "FILE_KIND_MISMATCH")]
    [InlineData("a.jsonl", "%PDF-1.4\n", "FILE_KIND_MISMATCH")]
    [InlineData("a.txt", "PAR1....", "FILE_KIND_MISMATCH")]
    [InlineData("a.parquet", "text", "FILE_KIND_MISMATCH")]
    [InlineData("a.md", "PK\u0003\u0004....", "FILE_KIND_MISMATCH")]
    public async Task A_name_and_a_content_that_disagree_are_an_error_of_the_file(string name, string shape, string code)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync((name, Encoding.UTF8.GetBytes(shape.Replace("@", Uploads.Chats(1)[0], StringComparison.Ordinal))), ("z.jsonl", Uploads.Lines(Uploads.Chats(2, 10))), ("dataset.yaml", "format: messages\nallow_file_errors: true\n"u8.ToArray()));
        Assert.Equal((code, name), (ingested.Result.Problems[0].Code, ingested.Result.Problems[0].File));
        Assert.Equal((true, new Ledger(2, 2, 0, 0, 0)), (ingested.Result.Sealed, ingested.Ledger));
    }
}

using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Lines that look like records and are none.</summary>
public sealed class RecordFaultTests
{
    private static readonly string Good = Uploads.Chat("Is this fine?", "It is.");

    public static TheoryData<string, string, string?> Lines => new()
    {
        { """{"messages":[{"role":"user","content":"a"},]}""", "REC_INVALID_JSON", null },
        { """{"messages":[] // none""", "REC_INVALID_JSON", null },
        { """{"messages":[{"role":"user","content":"a","weight":NaN}]}""", "REC_INVALID_JSON", null },
        { "two words", "REC_INVALID_JSON", null },
        { """{"messages":[]} {"messages":[]}""", "REC_INVALID_JSON", null },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","role":"user"}]}""", "REC_DUPLICATE_KEY", "/messages/1/role" },
        { """{"messages":[],"m":{"a":1,"\u0061":2}}""", "REC_DUPLICATE_KEY", "/m/a" },
        { """{"messages":[{"role":"user","content":"a \ud800"}]}""", "REC_INVALID_UNICODE", "/messages/0/content" },
        { """{"messages":[{"role":"user","content":"\udc00\ud800"}]}""", "REC_INVALID_UNICODE", "/messages/0/content" },
        { """{"x":{"\ud83d":1}}""", "REC_INVALID_UNICODE", "/x/\\ud83d" },
        { """{"messages":[],"n":1e999}""", "REC_NUMBER_RANGE", "/n" },
        { """{"messages":[],"n":[0,-1E400]}""", "REC_NUMBER_RANGE", "/n/1" },
        { "{\"n\":" + new string('9', 400) + "}", "REC_NUMBER_RANGE", "/n" },
        { """["messages"]""", "REC_WRONG_TYPE", "" },
        { "17", "REC_WRONG_TYPE", "" },
        { """{"message":[]}""", "REC_MISSING_FIELD", "/messages" },
        { """{"messages":{}}""", "REC_WRONG_TYPE", "/messages" },
        { """{"messages":["hi"]}""", "REC_WRONG_TYPE", "/messages/0" },
        { """{"messages":[{"content":"a"}]}""", "REC_MISSING_FIELD", "/messages/0/role" },
        { """{"messages":[{"role":"user"}]}""", "REC_MISSING_FIELD", "/messages/0/content" },
        { """{"messages":[{"role":1,"content":"a"}]}""", "REC_WRONG_TYPE", "/messages/0/role" },
        { """{"messages":[{"role":"bot","content":"a"}]}""", "REC_UNKNOWN_ROLE", "/messages/0/role" },
        { """{"messages":[{"role":"user","content":null},{"role":"assistant","content":"b"}]}""", "REC_WRONG_TYPE", "/messages/0/content" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":" \n\u00a0"}]}""", "REC_EMPTY_CONTENT", "/messages/1/content" },
        { """{"messages":[{"role":"user","content":""},{"role":"assistant","content":"b"}]}""", "REC_EMPTY_CONTENT", "/messages/0/content" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0.5}]}""", "REC_WRONG_TYPE", "/messages/1/weight" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","train":"False"}]}""", "REC_WRONG_TYPE", "/messages/1/train" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","train":false}]}""", "REC_NO_SUPERVISED_TOKENS", null },
        { """{"messages":[{"role":"system","content":"a"}]}""", "REC_NO_SUPERVISED_TOKENS", null },
        { """{"messages":[]}""", "REC_NO_SUPERVISED_TOKENS", null },
        { """{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"t"},{"role":"assistant","content":"b"}]}""", "REC_TOOL_ORDER", "/messages/1/content" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","tool_calls":[{"id":"1"}]}]}""", "REC_TOOL_CALL", "/messages/1/tool_calls/0" },
        { """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"x"}]},{"role":"assistant","content":"b"}]}""", "REC_UNSUPPORTED_CONTENT", "/messages/0/content/0" },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":3}]},{"role":"assistant","content":"b"}]}""", "REC_WRONG_TYPE", "/messages/0/content/0/text" },
        { "{\"m\":" + new string('[', 100_000), "REC_TOO_DEEP", null },
        { "{\"m\":" + new string('[', 64) + new string(']', 64) + "}", "REC_TOO_DEEP", null },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_bad_line_is_set_aside_with_its_code_place_and_a_hint(string line, string code, string? pointer)
    {
        var (tally, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages }, Good, line, Uploads.Chat("And this?", "Also."));
        var entry = Assert.Single(verdicts.SetAside);
        Assert.Equal((code, 2L, Good.Length + 1L, RecordOutcome.Quarantined), (entry.Code, entry.Line, entry.Offset, entry.Outcome));
        if (pointer is not null)
            Assert.Equal(pointer, entry.JsonPointer);
        Assert.NotEmpty(entry.Hint!);
        Assert.Equal(Core.Ids.Digest.OfText(line), entry.RecSha256);
        Assert.InRange(entry.Excerpt!.Length, 1, 200);
        Assert.Equal((3, 2, 1), (tally.RecordsIn, tally.Accepted, tally.Quarantined));
    }

    [Fact]
    public async Task All_of_them_in_one_upload_leave_the_good_records_alone()
    {
        using var uploads = new Uploads();
        var lines = Lines.SelectMany(row => (string[])[(string)row[0], Uploads.Chat($"{Core.Ids.Digest.OfText((string)row[0])}?", "Yes.")]).ToArray();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(lines)), Lenient);
        Assert.Equal(Lines.Select(row => (string)row[1]), ingested.Codes);
        Assert.Equal(new Ledger(lines.Length, lines.Length / 2, lines.Length / 2, 0, 0), ingested.Ledger);
    }

    [Fact]
    public async Task Sixty_four_levels_are_not_too_deep()
    {
        using var uploads = new Uploads();
        var deep = Good[..^1] + ",\"m\":" + new string('[', 63) + new string(']', 63) + "}";
        Assert.Equal(1, (await uploads.IngestAsync(("a.jsonl", Uploads.Lines(deep)))).Ledger.Accepted);
    }

    [Fact]
    public async Task A_million_keys_are_read_and_one_that_comes_twice_is_found()
    {
        using var uploads = new Uploads();
        var keys = string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"{i}\":0"));
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Good[..^1] + $",\"m\":{{{keys}}}}}", Good[..^1] + $",\"m\":{{{keys},\"77\":1}}}}")), Lenient);
        Assert.Equal(1, ingested.Ledger.Accepted);
        Assert.Equal(("REC_DUPLICATE_KEY", "/m/77"), (ingested.SetAside[0].Code, ingested.SetAside[0].JsonPointer));
    }

    [Theory]
    [InlineData(new byte[] { 0xE9 }, "0xE9")]
    [InlineData(new byte[] { 0xC0, 0xAF }, "0xC0")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "0xED")]
    public async Task Bytes_that_are_not_utf8_are_found_in_keys_and_values(byte[] bad, string shown)
    {
        using var uploads = new Uploads();
        byte[] inValue = [.. Encoding.UTF8.GetBytes("""{"messages":[{"role":"user","content":"x"""), .. bad, .. "\"}]}\n"u8];
        byte[] inKey = [.. "{\"k"u8, .. bad, .. "\":1}\n"u8];
        var ingested = await uploads.IngestAsync(("a.jsonl", [.. inValue, .. Uploads.Lines(Good), .. inKey]), Lenient);
        Assert.Equal(["REC_INVALID_UTF8", "REC_INVALID_UTF8"], ingested.Codes);
        Assert.Contains($"Byte 40 of the line ({shown})", ingested.SetAside[0].Message);
        Assert.Equal(1, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task A_character_split_between_two_reads_is_whole()
    {
        using var uploads = new Uploads();
        var text = string.Concat(Enumerable.Repeat("grün 🌱 ", 200_000));
        var ingested = await uploads.IngestAsync(("a.jsonl", Encoding.UTF8.GetBytes("\n" + Uploads.Chat("?", "x").Replace("\"x\"", $"\"{text}\"", StringComparison.Ordinal))));
        Assert.Equal(text, ingested.Records[0].Messages![1].Content);
    }

    [Fact]
    public async Task A_last_line_without_its_end_is_truncated_and_one_without_a_newline_is_fine()
    {
        using var uploads = new Uploads();
        var cut = await uploads.IngestAsync(await uploads.PutAsync("cut", ("a.jsonl", Encoding.UTF8.GetBytes(Good + "\n" + Good[..^5])), Lenient));
        Assert.Equal(["REC_TRUNCATED"], cut.Codes);
        var bare = await uploads.IngestAsync(await uploads.PutAsync("bare", ("a.jsonl", Encoding.UTF8.GetBytes(Good))));
        Assert.Equal(1, bare.Ledger.Accepted);
    }

    [Fact]
    public async Task Secrets_do_not_reach_the_quarantine()
    {
        using var uploads = new Uploads();
        var canary = "sk-canary0123456789abcdef";
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Good, $$"""{"note":"key {{canary}}","password":"hunter22x"}""", $"{{\"role\": \"{canary}\"", $$"""{"messages":[{"role":"{{canary}}","content":"a"}]}""")), Lenient);
        var quarantine = Encoding.UTF8.GetString(await uploads.ReadAsync(ingested.Result, DatasetManifest.QuarantineName));
        Assert.Equal(3, ingested.SetAside.Count);
        Assert.DoesNotContain("canary", quarantine);
        Assert.DoesNotContain("hunter22x", quarantine);
    }

    private static (string, byte[]) Lenient => ("dataset.yaml", Encoding.UTF8.GetBytes("format: messages\nmax_bad_fraction: 1\n"));
}

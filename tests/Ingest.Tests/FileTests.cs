using System.Diagnostics;
using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Files as people really have them.</summary>
public sealed class FileTests
{
    [Fact]
    public async Task A_byte_order_mark_windows_newlines_and_blank_lines_are_accepted()
    {
        using var uploads = new Uploads();
        var chats = Uploads.Chats(3);
        var ingested = await uploads.IngestAsync(("a.jsonl", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(string.Join("\r\n", chats[0], "", "  \t", chats[1], chats[2]))]));
        Assert.Equal(new Ledger(3, 3, 0, 0, 0), ingested.Ledger);
        Assert.Equal([1L, 4, 5], ingested.Records.Select(r => r.Source.Line));
        Assert.Equal(3, ingested.Records[0].Source.Offset);
        Assert.Equal(3 + chats[0].Length + 2 + 2 + 5, ingested.Records[1].Source.Offset);
    }

    [Fact]
    public async Task A_lone_carriage_return_is_no_newline()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Encoding.UTF8.GetBytes(Uploads.Chat("a", "b") + "\r" + Uploads.Chat("c", "d") + "\n" + Uploads.Chat("e", "f"))), Lenient);
        Assert.Equal(["REC_INVALID_JSON"], ingested.Codes);
        Assert.Equal(1, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task UTF16_and_UTF32_are_named_not_guessed()
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, new UnicodeEncoding(false, false), new UnicodeEncoding(true, false)])
        {
            using var uploads = new Uploads();
            var ingested = await uploads.IngestAsync(("a.jsonl", [.. encoding.GetPreamble(), .. encoding.GetBytes(Uploads.Chat("a", "b"))]), ("b.jsonl", Uploads.Lines(Uploads.Chats(2))));
            Assert.Equal("FILE_ENCODING", ingested.Result.Problems[0].Code);
            Assert.False(ingested.Result.Sealed);
        }
    }

    [Fact]
    public async Task A_line_over_the_limit_is_passed_over_with_its_length_digest_and_begin()
    {
        using var uploads = new Uploads();
        var huge = Uploads.Chat(new string('x', 2_000_000), "y");
        var ingested = await uploads.IngestAsync(("a.jsonl", Encoding.UTF8.GetBytes(huge + "\r\n" + Uploads.Chat("a", "b") + "\n" + huge)), ("dataset.yaml", Encoding.UTF8.GetBytes("max_line_bytes: 65536\nmax_bad_fraction: 1\n")));
        Assert.Equal(["REC_LINE_TOO_LONG", "REC_LINE_TOO_LONG"], ingested.Codes);
        Assert.All(ingested.SetAside, e => Assert.Equal(Core.Ids.Digest.OfText(huge), e.RecSha256));
        Assert.Contains($"{huge.Length} bytes", ingested.SetAside[0].Message);
        Assert.Equal(1, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task Readme_licence_and_hidden_files_are_listed_and_other_files_are_refused_by_name()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("README.md", "hello"u8.ToArray()), ("LICENSE", "MIT"u8.ToArray()), (".gitignore", "x"u8.ToArray()), ("a.jsonl", Uploads.Lines(Uploads.Chats(2))), ("photo.png", [1, 2, 3]));
        Assert.Equal([("FILE_UNSUPPORTED", "photo.png"), ("FILE_NOT_DATA", ".gitignore"), ("FILE_NOT_DATA", "LICENSE"), ("FILE_NOT_DATA", "README.md")], ingested.Result.Problems.Select(p => (p.Code, p.File!)));
        Assert.False(ingested.Result.Sealed);
    }

    [Fact]
    public async Task A_json_document_over_several_lines_is_recognised()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.json", Uploads.Lines("{", "  \"data\": [" + Uploads.Chat("a", "b") + "]", "}")), ("b.jsonl", Uploads.Lines(Uploads.Chats(2))));
        Assert.Equal("FILE_NOT_JSONL", ingested.Result.Problems[0].Code);
    }

    [Fact]
    public async Task An_upload_without_records_is_rejected()
    {
        using var uploads = new Uploads();
        Assert.Equal(["DATA_EMPTY"], (await uploads.IngestAsync(("a.jsonl", []))).Result.Problems.Select(p => p.Code));
    }

    [Fact]
    public async Task Chats_are_validated_at_a_speed_worth_printing()
    {
        using var uploads = new Uploads();
        var chat = Uploads.Chat(string.Join(' ', Enumerable.Repeat("How is the box fixed to the ground?", 6)), string.Join(' ', Enumerable.Repeat("Four bolts hold it.", 12)));
        var bytes = Uploads.Lines([.. Enumerable.Repeat(chat, 60_000)]);
        var payload = await uploads.PutAsync("speed", ("a.jsonl", bytes), ("dataset.yaml", "format: messages\ndedup: {near: {enabled: false}}\n"u8.ToArray()));
        await uploads.IngestAsync(await uploads.PutAsync("warm", ("a.jsonl", bytes[..((chat.Length + 1) * 2000)])));
        var plan = await new RegisterStage(uploads.Blobs, new(), QualityScorers.All, new((_, _) => throw new NotSupportedException(), (_, _) => throw new NotSupportedException()), TimeProvider.System).RunAsync(payload, default);
        var watch = Stopwatch.StartNew();
        await using var stage = new ValidateStage(uploads.Blobs, plan, new(), new RecordFilters([], []), new(TimeProvider.System, Timeout.InfiniteTimeSpan), TimeProvider.System);
        var slices = await stage.RunAsync(_ => { }, default);
        Assert.Equal(60_000, slices[0].Sum(s => s.Tally.Accepted));
        Console.WriteLine($"validate: {bytes.Length / 1e6 / watch.Elapsed.TotalSeconds:0} MB/s over {bytes.Length / 1e6:0} MB of chats");
    }

    private static (string, byte[]) Lenient => ("dataset.yaml", "format: messages\nmax_bad_fraction: 1\n"u8.ToArray());
}

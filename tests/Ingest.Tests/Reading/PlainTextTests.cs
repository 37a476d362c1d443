using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Plain text.</summary>
public sealed class PlainTextTests
{
    private const string Text = "\uFEFF\r\n  \n# One\r\nline two\r\n \t\r\n\n  indented\n\n\nlast é\n\n";

    [Fact]
    public async Task Paragraphs_are_the_runs_between_blank_lines()
    {
        using var feeds = new Feeds();
        var read = await feeds.ReadAsync("a.md", Encoding.UTF8.GetBytes(Text));
        Assert.Equal([(3L, """{"text":"# One\nline two"}"""), (7, """{"text":"  indented"}"""), (10, """{"text":"last Ã©"}""")], read.Rows.Select(r => (r.Number, r.Json)));
        Assert.True(read.Mark);
    }

    [Fact]
    public async Task Lines_and_whole_files_are_records_where_the_configuration_says_so()
    {
        using var feeds = new Feeds();
        var file = await feeds.PutAsync("a.txt", Encoding.UTF8.GetBytes(Text));
        var lines = await feeds.ReadAsync(file, new() { TextUnit = TextUnit.Line });
        Assert.Equal([3L, 4, 7, 10], lines.Rows.Where(r => r.Json.Length > 0).Select(r => r.Number));
        var whole = await feeds.ReadAsync(file, new() { TextUnit = TextUnit.File });
        Assert.Equal("""{"text":"\n  \n# One\nline two\n \t\n\n  indented\n\n\nlast Ã©"}""", Assert.Single(whole.Json));
        Assert.Empty((await feeds.ReadAsync("b.txt", [], new() { TextUnit = TextUnit.File })).Rows);
    }

    [Fact]
    public async Task A_folder_of_texts_is_a_dataset_of_texts()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("README.md", "about"u8.ToArray()), ("notes/a.txt", "The Murrel opens with a code.\n\nIt is on the lid.\n"u8.ToArray()), ("notes/b.md.gz", Uploads.Gzip("Four bolts hold it."u8.ToArray())));
        Assert.Equal(["The Murrel opens with a code.", "It is on the lid.", "Four bolts hold it."], ingested.Records.Select(r => r.Text));
        Assert.Equal([("notes/a.txt", 1L), ("notes/a.txt", 3), ("notes/b.md.gz", 1)], ingested.Records.Select(r => (r.Source.File, r.Source.Line)));
    }

    [Fact]
    public async Task Chats_in_a_file_that_is_named_as_text_are_not_read_as_text_unless_somebody_says_so()
    {
        var chats = Uploads.Lines(Uploads.Chats(30));
        foreach (var content in new[] { chats, Encoding.UTF8.GetBytes($"[{string.Join(",\n", Uploads.Chats(3))}]"), Encoding.UTF8.GetBytes("{\n  \"text\": \"a\"\n}\n"), Uploads.Gzip(chats) })
        {
            using var uploads = new Uploads();
            var refused = await uploads.IngestAsync(("prose.txt", "The Murrel opens with a code.\n"u8.ToArray()), ("chats.txt", content));
            var problem = Assert.Single(refused.Result.Problems);
            Assert.Equal(("FILE_KIND_MISMATCH", "chats.txt"), (problem.Code, problem.File));
            Assert.Contains("its content is", problem.Message);
            Assert.Contains("say `format: text` in dataset.yaml", problem.Message);
            Assert.False(refused.Result.Sealed);
            var meant = await uploads.IngestAsync(await uploads.PutAsync("again", ("dataset.yaml", "format: text\n"u8.ToArray()), ("prose.txt", "The Murrel opens with a code.\n"u8.ToArray()), ("chats.txt", content)));
            Assert.True(meant.Result.Sealed);
        }
    }

    [Theory]
    [InlineData("{Note} is a placeholder, {and} so is this.\n\nIt is prose.\n")]
    [InlineData("Answer with JSON:\n{\"a\": 1}\n{\"a\": 2}\n")]
    [InlineData("{\"a\": 1}\nis what the first call returns.\nThe second returns nothing.\n")]
    [InlineData("[1] A footnote.\n[2] Another.\n")]
    public async Task Prose_with_braces_is_prose(string text)
    {
        using var uploads = new Uploads();
        Assert.True((await uploads.IngestAsync(("a.txt", Encoding.UTF8.GetBytes(text)))).Result.Sealed);
    }

    [Fact]
    public async Task The_unit_is_a_key_of_the_configuration()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.txt", "one\ntwo\n\nthree\n"u8.ToArray()), ("dataset.yaml", "text_unit: line\ncolumns: {text: body}\n"u8.ToArray()));
        Assert.Equal(["one", "two", "three"], ingested.Records.Select(r => r.Text));
    }

    [Fact]
    public async Task A_paragraph_over_the_limit_is_passed_over_and_bytes_that_are_no_text_are_set_aside()
    {
        using var feeds = new Feeds();
        var read = await feeds.ReadAsync("a.txt", [.. Encoding.UTF8.GetBytes($"a\n\n{new string('x', 900_000)}\ny\n\n"), 0xE9, .. "\n\nb"u8], new() { MaxLineBytes = 100 });
        Assert.Equal([(1L, false, null), (3, true, null), (6, false, "REC_INVALID_UTF8"), (8, false, null)], read.Rows.Select(r => (r.Number, r.TooLong, r.Code)));
        Assert.Equal(900_002, read.Rows[1].Length);
    }
}

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

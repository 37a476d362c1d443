using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Tables.</summary>
public sealed class CsvTests
{
    [Fact]
    public async Task Quotes_newlines_delimiters_and_a_byte_order_mark_are_read_as_the_standard_says()
    {
        using var feeds = new Feeds();
        var read = await feeds.ReadAsync("a.csv", Encoding.UTF8.GetBytes("\uFEFFprompt,\"com\"\"pletion\"\r\n\"a,\r\n\"\"b\"\"\",c\\d\r\n\r\n,\"\"\n5\" pipe,tab\tnul\0\nlast,é"));
        Assert.Equal(["""{"prompt":"a,\r\n\"b\"","com\"pletion":"c\\d"}""", """{"prompt":"","com\"pletion":""}""", """{"prompt":"5\" pipe","com\"pletion":"tab\tnul\u0000"}""", """{"prompt":"last","com\"pletion":"Ã©"}"""], read.Json);
        Assert.Equal([2L, 4, 5, 6, 7], read.Rows.Select(r => r.Number));
        Assert.Equal((true, null), (read.Mark, read.Fault));
    }

    [Fact]
    public async Task A_table_of_prompts_becomes_records_and_the_quarantine_shows_the_row_as_it_stands()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.csv", "prompt,completion\nWhat?,\"That, and this.\"\nragged\nToo,many,fields\n\"broken\" quote,x\nEmpty,\"  \"\n=1+1,\"@formula\"\n"u8.ToArray()), ("dataset.yaml", "max_bad_fraction: 1\n"u8.ToArray()));
        Assert.Equal([("REC_COLUMNS", 3L, "ragged"), ("REC_COLUMNS", 4, "Too,many,fields"), ("REC_QUOTES", 5, "\"broken\" quote,x"), ("REC_EMPTY_CONTENT", 6, "Empty,\"  \"")], ingested.SetAside.Select(e => (e.Code, e.Line, e.Excerpt!)));
        Assert.Equal(["That, and this.", "@formula"], ingested.Records.Select(r => r.Completion));
        Assert.Equal(Core.Ids.Digest.OfText("ragged"), ingested.SetAside[0].RecSha256);
    }

    [Fact]
    public async Task Tabs_separate_the_fields_of_tsv_and_only_there()
    {
        using var feeds = new Feeds();
        Assert.Equal(["""{"a":"1,2","b":"3"}"""], (await feeds.ReadAsync("a.tsv", "a\tb\n1,2\t3\n"u8.ToArray())).Json);
        Assert.Equal(["""{"a\tb":"1;2","c":""}"""], (await feeds.ReadAsync("a.csv", "a\tb,c\n1;2,\n"u8.ToArray())).Json);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("prompt,prompt\na,b\n")]
    [InlineData("prompt,answer\na,b\n")]
    [InlineData("prompt;completion\na;b\n")]
    [InlineData("\"prompt\"x,completion\na,b\n")]
    public async Task A_header_that_is_missing_doubled_or_lacks_a_column_is_an_error_of_the_file(string text)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.csv", Encoding.UTF8.GetBytes(text)), ("dataset.yaml", "format: prompt_completion\n"u8.ToArray()));
        Assert.Equal(("FILE_COLUMNS", 0L), (ingested.Result.Problems[0].Code, ingested.Ledger.RecordsIn));
    }

    [Theory]
    [InlineData("a.csv", "prompt;completion\na;b\n", "semicolons")]
    [InlineData("a.csv", "\"prompt\";\"completion\"\na;b\n", "semicolons")]
    [InlineData("a.csv", "prompt\tcompletion\na\tb\n", "tabs")]
    [InlineData("a.tsv", "prompt,completion\na,b\n", "commas")]
    public async Task A_table_with_another_separator_is_told_which_one_is_needed(string name, string text, string separator)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync((name, Encoding.UTF8.GetBytes(text)));
        Assert.Equal("FILE_COLUMNS", ingested.Result.Problems[0].Code);
        Assert.Contains($"seem to be separated by {separator}", ingested.Result.Problems[0].Message);
    }

    [Fact]
    public async Task A_header_without_rows_is_called_empty()
    {
        using var uploads = new Uploads();
        foreach (var (i, header) in new[] { "prompt,completion\n", "id,name\n" }.Index())
        {
            var ingested = await uploads.IngestAsync(await uploads.PutAsync($"up{i}", ("a.csv", Encoding.UTF8.GetBytes(header))));
            Assert.Equal("DATA_EMPTY", Assert.Single(ingested.Result.Problems).Code);
        }
    }

    [Fact]
    public async Task A_table_in_Latin_1_is_told_so_row_by_row()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.csv", Encoding.Latin1.GetBytes("prompt,completion\nWo?,Caf\u00e9\nWann?,Fr\u00fch\n")));
        Assert.Equal(["REC_INVALID_UTF8", "REC_INVALID_UTF8"], ingested.Codes);
        Assert.Equal(["DATA_TOO_MANY_BAD", "REC_INVALID_UTF8", "DATA_EMPTY"], ingested.Result.Problems.Select(p => p.Code));
    }

    [Fact]
    public async Task A_header_that_lacks_a_column_is_told_which_are_needed()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.csv", "prompt,answer\na,b\n"u8.ToArray()), ("dataset.yaml", "format: prompt_completion\ncolumns: {prompt: question}\n"u8.ToArray()));
        Assert.Contains("(prompt, answer) lacks what records of the format prompt_completion need, as strings: question, completion;", ingested.Result.Problems[0].Message);
    }

    [Fact]
    public async Task Other_column_names_are_mapped_like_other_field_names()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.csv", "id,question,answer\n1,What?,That.\n"u8.ToArray()), ("dataset.yaml", "format: prompt_completion\ncolumns: {prompt: question, completion: answer}\n"u8.ToArray()));
        Assert.Equal(1, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task A_field_of_ten_megabytes_is_read_and_the_limit_is_the_rows()
    {
        using var feeds = new Feeds();
        var large = new string('x', 10 << 20);
        var file = await feeds.PutAsync("a.csv", Encoding.UTF8.GetBytes($"a,b\n1,\"{large}\r\n\"\n2,3\n\"{large}\n\",4\n5,6"));
        Assert.Equal(4, (await feeds.ReadAsync(file, new())).Json.Length);
        var limited = await feeds.ReadAsync(file, new() { MaxLineBytes = 10 << 20 });
        Assert.Equal(["""{"a":"2","b":"3"}""", """{"a":"5","b":"6"}"""], limited.Json);
        Assert.Equal([(true, 2L), (false, 4), (true, 5), (false, 7)], limited.Rows.Select(r => (r.TooLong, r.Number)));
    }

    [Fact]
    public async Task A_quote_that_never_closes_is_a_record_cut_short()
    {
        using var feeds = new Feeds();
        var read = await feeds.ReadAsync("a.csv", "a,b\n1,2\n\"3,4\n5,6\n"u8.ToArray());
        Assert.Equal([null, "REC_TRUNCATED"], read.Rows.Select(r => r.Code));
    }

    [Fact]
    public async Task A_table_that_was_cut_in_its_packing_loses_its_last_row_even_when_partial_files_are_accepted()
    {
        using var uploads = new Uploads();
        var packed = Uploads.Gzip(Encoding.UTF8.GetBytes("prompt,completion\n" + string.Concat(Uploads.Chats(300).Select((c, i) => $"{i},{Core.Ids.Digest.OfText(c).Hex}\n"))));
        var ingested = await uploads.IngestAsync(("a.csv.gz", packed[..(packed.Length / 2)]), ("dataset.yaml", "accept_partial: true\nmax_bad_records: 1\nmax_bad_fraction: 0.1\ndedup: {near: {enabled: false}}\n"u8.ToArray()));
        Assert.Equal(["FILE_TRUNCATED"], ingested.Result.Problems.Select(p => p.Code));
        Assert.All(ingested.Records, r => Assert.Equal(64, r.Completion!.Length));
    }

    [Theory]
    [InlineData("a,b\n1,caf\u00e9\n", "REC_INVALID_UTF8")]
    [InlineData("a,caf\u00e9\n1,2\n", "FILE_ENCODING")]
    public async Task Latin_1_is_named_not_guessed(string text, string code)
    {
        using var feeds = new Feeds();
        var read = await feeds.ReadAsync("a.csv", Encoding.Latin1.GetBytes(text));
        Assert.Equal(code, read.Fault ?? read.Rows[0].Code);
    }
}

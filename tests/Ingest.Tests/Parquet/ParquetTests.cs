using System.Text.Json;
using static Temper.Ingest.Tests.ParquetReading;

namespace Temper.Ingest.Tests;

/// <summary>Files by other writers (tests/reference/parquet_files.mjs) hold what their writers were given.</summary>
public sealed class ParquetTests
{
    [Theory]
    [InlineData("chat-duckdb-uncompressed.parquet")]
    [InlineData("chat-duckdb-snappy.parquet")]
    [InlineData("chat-duckdb-gzip.parquet")]
    [InlineData("chat-duckdb-brotli.parquet")]
    [InlineData("chat-duckdb-lz4_raw.parquet")]
    [InlineData("chat-duckdb-zstd.parquet")]
    [InlineData("chat-duckdb-v2.parquet")]
    [InlineData("chat-arrow-v1-snappy.parquet")]
    [InlineData("chat-arrow-v1-fallback.parquet")]
    [InlineData("chat-arrow-v2-gzip.parquet")]
    [InlineData("chat-arrow-v2-zstd.parquet")]
    [InlineData("chat-arrow-v2-plain.parquet")]
    [InlineData("chat-arrow-v2-delta.parquet")]
    public async Task The_same_chats_come_out_of_every_writer_codec_page_version_and_encoding(string name)
    {
        Same(LinesOf("chat.jsonl"), await RowsAsync(BytesOf(name)));
        // A window smaller than any page: nothing depends on what is read ahead.
        Same(LinesOf("chat.jsonl"), await RowsAsync(BytesOf(name), limits: ParquetLimits.Default with { WindowBytes = 64, TogetherBytes = 0 }));
    }

    [Theory]
    [InlineData("types-duckdb")]
    [InlineData("types-arrow")]
    public async Task Every_type_becomes_the_json_that_the_documentation_says(string name) =>
        Assert.Equal(LinesOf(name + ".jsonl"), await RowsAsync(BytesOf(name + ".parquet")));

    [Fact]
    public async Task A_table_without_rows_has_none() => Assert.Empty(await RowsAsync(BytesOf("chat-duckdb-empty.parquet")));

    [Fact]
    public async Task Reading_from_any_row_on_gives_the_rest()
    {
        foreach (var name in (string[])["chat-arrow-v1-snappy.parquet", "chat-arrow-v2-delta.parquet"])
        {
            var all = await RowsAsync(BytesOf(name));
            foreach (var first in (int[])[0, 1, 119, 120, 121, 240, 299, 300, 1000])
                Assert.Equal(all.Skip(first), await RowsAsync(BytesOf(name), firstRow: first));
        }
    }

    [Fact]
    public async Task Only_the_columns_that_are_asked_for_are_read_in_the_order_asked()
    {
        var bytes = BytesOf("chat-arrow-v1-snappy.parquet");
        var read = 0L;
        var source = new RangeSource("a", bytes.Length, (offset, length, _) =>
        {
            read += length;
            return Task.FromResult<Stream>(new MemoryStream(bytes, (int)offset, (int)length));
        });
        var file = await ParquetFile.OpenAsync(source, default);
        var footer = read;
        var reader = file.Read(new(["n", "lang"], []));
        Assert.True(await reader.ReadAsync(default));
        Assert.Equal("""{"n":-1000,"lang":null}"""u8.ToArray(), reader.Row.ToArray());
        Assert.InRange(read - footer, 1, bytes.Length / 5);
    }

    [Fact]
    public async Task What_json_cannot_say_is_refused_row_by_row_and_the_others_stay()
    {
        var rows = await RowsAsync(BytesOf("nan-duckdb.parquet"));
        Assert.Equal(["""{"x":1e999,"y":1e999}""", """{"x":1e999,"y":-1e999}""", """{"x":1.5,"y":2.5}"""], rows);
    }

    [Fact]
    public async Task A_file_describes_itself_to_people()
    {
        var facts = (await ParquetFile.OpenAsync(RangeSource.OfFile(PathOf("chat-arrow-v1-snappy.parquet")), default)).Describe();
        Assert.Equal(300, facts.Rows);
        Assert.Equal([120L, 120L, 60L], facts.RowGroups.Select(group => group.Rows));
        Assert.Equal(["id", "lang", "score", "n", "ok", "tags", "tags.element"], facts.Columns.Take(7).Select(column => column.Name.Replace("list.", "", StringComparison.Ordinal)));
        Assert.Equal(("string", "snappy"), (facts.Columns[1].Type, Assert.Single(facts.Columns[1].Codecs)));
        Assert.Equal("list", facts.Columns[5].Type);
    }

    [Fact]
    public async Task A_codec_that_is_not_read_is_named_with_its_column_and_a_way_out()
    {
        var fault = await FaultAsync(new ParquetBytes { Codec = (int)PageCodec.Lzo }.Build());
        Assert.Equal("FILE_UNSUPPORTED", fault.Code);
        Assert.Contains("'a' is compressed with lzo", fault.Message);
        Assert.Contains("snappy", fault.Problems[0].Hint);
    }

    [Fact]
    public async Task A_type_that_is_not_read_can_be_left_out()
    {
        var bytes = BytesOf("interval-duckdb.parquet");
        Assert.Contains("'span' holds intervals", (await FaultAsync(bytes)).Message);
        Assert.Equal(["""{"id":1}"""], await RowsAsync(bytes, new(["id"], [])));
    }

    [Fact]
    public async Task A_row_over_the_limit_is_cut_and_marked_and_the_next_one_is_whole()
    {
        var file = await ParquetFile.OpenAsync(RangeSource.OfFile(PathOf("chat-duckdb-snappy.parquet")), default);
        var expected = LinesOf("chat.jsonl").Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var reader = file.Read(RowQuery.All, maxRowBytes: 250);
        var tooLong = 0;
        for (var i = 0; await reader.ReadAsync(default); i++)
        {
            Assert.InRange(reader.Row.Length, 1, 350);
            tooLong += reader.TooLong ? 1 : 0;
            if (!reader.TooLong)
                Assert.True(JsonElement.DeepEquals(expected[i], JsonDocument.Parse(reader.Row.ToArray()).RootElement));
        }
        Assert.InRange(tooLong, 10, 290);
    }
}

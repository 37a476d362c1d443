using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Parquet files are ingested as the same rows in JSON lines are.</summary>
public sealed class ParquetUploadTests
{
    private static readonly byte[] Config = Encoding.UTF8.GetBytes("format: messages\nmax_bad_fraction: 1\nmax_line_bytes: 1024\n");

    [Theory]
    [InlineData("chat-duckdb-snappy.parquet", 32 << 20)]
    [InlineData("chat-arrow-v2-delta.parquet", 32 << 20)]
    [InlineData("chat-arrow-v1-snappy.parquet", 4000)]
    public async Task A_parquet_upload_gives_the_records_faults_and_places_of_its_rows_as_json_lines(string name, int sliceBytes)
    {
        using var lines = new Uploads();
        var expected = await lines.IngestAsync(("chat.jsonl", ParquetReading.BytesOf("chat.jsonl")), ("dataset.yaml", Config));
        using var uploads = new Uploads { Options = new() { SliceBytes = sliceBytes } };
        var found = await uploads.IngestAsync(("chat.parquet", ParquetReading.BytesOf(name)), ("dataset.yaml", Config));
        Assert.InRange(expected.Ledger.Accepted, 100, 299);
        Assert.Equal(expected.Ledger, found.Ledger);
        Assert.Equal(expected.Records.Select(record => record.RecId), found.Records.Select(record => record.RecId));
        Assert.Equal(expected.Records.Select(record => record.Source.Line), found.Records.Select(record => record.Source.Line));
        Assert.Equal(expected.SetAside.Select(entry => (entry.Line, entry.Code, entry.JsonPointer)), found.SetAside.Select(entry => (entry.Line, entry.Code, entry.JsonPointer)));
    }

    [Fact]
    public async Task A_cut_or_damaged_parquet_file_is_refused_whole()
    {
        var whole = ParquetReading.BytesOf("chat-arrow-v1-snappy.parquet");
        using var uploads = new Uploads();
        var cut = await uploads.IngestAsync(("a.parquet", whole[..^20]));
        Assert.Equal(("FILE_TRUNCATED", 0L), (cut.Result.Problems[0].Code, cut.Ledger.Accepted));
        using var others = new Uploads();
        var damaged = whole.ToArray();
        // In the data of the last row group: rows before it have been read by then.
        damaged.AsSpan(whole.Length * 3 / 5, 200).Clear();
        var ingested = await others.IngestAsync(("a.parquet", damaged), ("dataset.yaml", Config));
        Assert.Equal(("FILE_CORRUPT", 0L, true), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted, ingested.Ledger.Closes));
    }

    [Fact]
    public async Task Numbers_that_json_does_not_have_are_set_aside_row_by_row()
    {
        using var uploads = new Uploads();
        var found = await uploads.IngestAsync(("a.parquet", ParquetReading.BytesOf("nan-duckdb.parquet")), ("b.jsonl", Uploads.Lines(Uploads.Chats(200))), ("dataset.yaml", Encoding.UTF8.GetBytes("format: messages\nmax_bad_fraction: 1\n")));
        Assert.Equal([("REC_NUMBER_RANGE", 1), ("REC_NUMBER_RANGE", 2), ("REC_MISSING_FIELD", 3)], found.SetAside.Select(entry => (entry.Code, (int)entry.Line)));
    }
}

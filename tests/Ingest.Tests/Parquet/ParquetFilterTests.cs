using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using static Temper.Ingest.Tests.ParquetReading;

namespace Temper.Ingest.Tests;

/// <summary>Filters pass over row groups by their statistics, and then decide every row.</summary>
public sealed class ParquetFilterTests
{
    [Theory]
    [InlineData("numbers-duckdb.parquet", 6000)]
    [InlineData("numbers-duckdb-zstd.parquet", 6000)]
    [InlineData("numbers-hyparquet.parquet", 3000)]
    public async Task Filters_keep_exactly_the_rows_for_which_they_hold(string name, int count)
    {
        var rows = Enumerable.Range(0, count).Select(i => (Id: i, Name: $"name {i:D5}", X: i % 5 == 0 ? (double?)null : i / 4.0)).ToList();
        (string Filter, Func<(int Id, string Name, double? X), bool> Rule)[] cases =
        [
            ("""[["id", "==", 2048]]""", r => r.Id == 2048),
            ("""[["id", "==", 2048.5]]""", r => false),
            ("""[["id", "<", 3]]""", r => r.Id < 3),
            ("""[["id", "<=", 3.0]]""", r => r.Id <= 3),
            ("""[["id", ">", 2990]]""", r => r.Id > 2990),
            ("""[["id", ">=", 2990]]""", r => r.Id >= 2990),
            ("""[["id", "!=", 7]]""", r => r.Id != 7),
            ("""[["id", "in", [1, 2999, -5]]]""", r => r.Id is 1 or 2999),
            ("""[["id", "not in", [1, 2]], ["id", "<", 5]]""", r => r.Id is 0 or 3 or 4),
            ("""[["name", "==", "name 02047"]]""", r => r.Name == "name 02047"),
            ("""[["name", ">", "name 0299"], ["name", "<", "name 03"]]""", r => r.Id is >= 2990 and < 3000),
            ("""[["x", "==", null], ["id", "<", 12]]""", r => r.X is null && r.Id < 12),
            ("""[["x", "!=", null], ["id", "<", 12]]""", r => r.X is not null && r.Id < 12),
            ("""[["x", "!=", 0.25], ["id", "<", 6]]""", r => r.X is not null && r.X != 0.25 && r.Id < 6),
            ("""[["x", ">=", 700.25], ["id", "<", 2805]]""", r => r.X >= 700.25 && r.Id < 2805),
            ("""[["x", "in", [null, 0.25]], ["id", "<", 12]]""", r => (r.X is null || r.X == 0.25) && r.Id < 12),
            ("""[["x", "not in", [0.25]], ["id", "<", 3]]""", r => r.Id == 2),
        ];
        foreach (var (filter, rule) in cases)
        {
            var found = (await RowsAsync(BytesOf(name), Where(filter, "id"))).Select(row => JsonDocument.Parse(row).RootElement.GetProperty("id").GetInt32());
            Assert.Equal(rows.Where(rule).Select(r => r.Id), found);
        }
    }

    [Theory]
    [InlineData("numbers-duckdb.parquet", """[["id", "==", 100]]""", 2)]
    [InlineData("numbers-duckdb.parquet", """[["name", ">=", "name 04096"]]""", 2)]
    [InlineData("numbers-hyparquet.parquet", """[["x", "<", 10]]""", 2)]
    [InlineData("numbers-duckdb.parquet", """[["id", "in", [-1, 100000]]]""", 3)]
    public async Task Row_groups_that_cannot_hold_a_match_are_not_read(string name, string filter, int skipped)
    {
        var ranges = new List<(long Offset, long Length)>();
        var bytes = BytesOf(name);
        var source = new RangeSource(name, bytes.Length, (offset, length, _) =>
        {
            ranges.Add((offset, length));
            return Task.FromResult<Stream>(new MemoryStream(bytes, (int)offset, (int)length));
        });
        var reader = (await ParquetFile.OpenAsync(source, default)).Read(Where(filter));
        ranges.Clear();
        while (await reader.ReadAsync(default))
            continue;
        Assert.Equal(skipped, reader.GroupsSkipped);
        Assert.InRange(ranges.Sum(range => range.Length), 0, (3 - skipped) * bytes.Length / 2);
    }

    [Fact]
    public async Task A_filtered_column_need_not_be_among_those_that_are_read_and_may_lie_in_a_struct()
    {
        var expected = LinesOf("chat.jsonl").Select(line => JsonDocument.Parse(line).RootElement)
            .Where(row => row.GetProperty("meta") is { ValueKind: JsonValueKind.Object } meta && meta.GetProperty("deep") is { ValueKind: JsonValueKind.Object } deep && deep.GetProperty("a").GetInt32() > 200 && row.GetProperty("lang").ValueEquals("de"))
            .Select(row => $$"""{"messages":{{row.GetProperty("messages").GetRawText()}}}""").ToList();
        Assert.NotEmpty(expected);
        foreach (var name in (string[])["chat-arrow-v1-snappy.parquet", "chat-arrow-v2-delta.parquet", "chat-duckdb-gzip.parquet"])
            Same(expected, await RowsAsync(BytesOf(name), Where("""[["meta.deep.a", ">", 200], ["lang", "==", "de"]]""", "messages")));
    }

    [Theory]
    [InlineData("""[["u64", "==", 18446744073709551615]]""", 1)]
    [InlineData("""[["u64", "==", 18446744073709551614]]""", 0)]
    [InlineData("""[["i64", "<", -9223372036854775807]]""", 1)]
    [InlineData("""[["f32", "==", 0.1]]""", 1)]
    [InlineData("""[["d4", "==", -0.050]]""", 1)]
    [InlineData("""[["d18", "<", -12345678901234.5677]]""", 1)]
    [InlineData("""[["b", "==", true]]""", 1)]
    [InlineData("""[["b", "!=", null]]""", 2)]
    [InlineData("""[["date", ">", "2000-01-01"]]""", 1)]
    [InlineData("""[["ts", "==", "2024-02-29T12:34:56.5"]]""", 1)]
    [InlineData("""[["tz", ">=", "2000-01-01T01:00:00+01:00"]]""", 2)]
    [InlineData("""[["time", ">", "23:59:59"]]""", 1)]
    [InlineData("""[["uuid", "==", "00112233-4455-6677-8899-aabbccddeeff"]]""", 1)]
    [InlineData("""[["enum", "in", ["high"]]]""", 1)]
    [InlineData("""[["enum", "==", null]]""", 1)]
    public async Task Every_type_that_can_be_compared_is(string filter, int rows) =>
        Assert.Equal(rows, (await RowsAsync(BytesOf("types-duckdb.parquet"), Where(filter, "b"))).Count);

    [Theory]
    [InlineData("""[["nosuch", "==", 1]]""", "CFG_BAD_VALUE", "it has id, lang, score")]
    [InlineData("""[["n", "==", "1"]]""", "CFG_WRONG_TYPE", "the column holds int32, so it is compared with a number")]
    [InlineData("""[["lang", ">", 3]]""", "CFG_WRONG_TYPE", "compared with a string")]
    [InlineData("""[["messages", "==", "x"]]""", "CFG_BAD_VALUE", "holds lists, which cannot be compared")]
    [InlineData("""[["meta.deep.b", "==", 1]]""", "CFG_BAD_VALUE", "holds lists")]
    [InlineData("""[["n", "~", 1]]""", "CFG_BAD_VALUE", "operator is one of ==")]
    [InlineData("""[["n", "in", 1]]""", "CFG_WRONG_TYPE", "take a list")]
    [InlineData("""[["n", "==", [1]]]""", "CFG_WRONG_TYPE", "takes one value")]
    [InlineData("""[["n", "<", null]]""", "CFG_WRONG_TYPE", "is a number, a string, not null")]
    [InlineData("""["n", "<", 1]""", "CFG_WRONG_TYPE", "[column, operator, value]")]
    [InlineData("""{"n": 1}""", "CFG_WRONG_TYPE", "a list of")]
    public async Task A_filter_that_cannot_be_is_an_error_that_says_why(string filter, string code, string why)
    {
        var fault = await Assert.ThrowsAsync<TemperException>(() => RowsAsync(BytesOf("chat-duckdb-snappy.parquet"), Where(filter)));
        Assert.Equal(code, fault.Code);
        Assert.Contains(why, fault.Message);
    }

    [Fact]
    public async Task All_that_is_wrong_with_filters_is_said_at_once()
    {
        var fault = await Assert.ThrowsAsync<TemperException>(() => RowsAsync(BytesOf("chat-duckdb-snappy.parquet"), Where("""[["a", "==", 1], ["n", "==", "x"]]""")));
        Assert.Equal(["CFG_BAD_VALUE", "CFG_WRONG_TYPE"], fault.Problems.Select(problem => problem.Code));
    }

    [Theory]
    [InlineData(15, 40, null)]
    [InlineData(10, 25, null)]
    [InlineData(40, 15, null)]
    [InlineData(10, 30, 4L)]
    [InlineData(10, 30, -1L)]
    public async Task Statistics_that_the_values_contradict_spoil_the_file(int lowest, int highest, long? nulls)
    {
        var lying = new ParquetBytes { Lowest = ParquetBytes.Ints(lowest), Highest = ParquetBytes.Ints(highest), Nulls = nulls };
        var fault = await FaultAsync(lying.Build(), Where("""[["a", ">=", 15]]"""));
        Assert.Equal("FILE_CORRUPT", fault.Code);
        Assert.Contains("statistics of column 'a' contradict its values", fault.Message);
        // Without a filter nothing depends on them.
        Assert.Equal(3, (await RowsAsync(lying.Build())).Count);
    }

    [Fact]
    public async Task Statistics_that_say_no_value_is_null_are_held_against_the_nulls()
    {
        var optional = new ParquetBytes { Repetition = Repetition.Optional, Page = [2, 0, 0, 0, 3, 0b101, .. ParquetBytes.Ints(10, 30)], Nulls = 1, Lowest = ParquetBytes.Ints(10), Highest = ParquetBytes.Ints(30) };
        Assert.Equal(["""{"a":null}"""], await RowsAsync(optional.Build(), Where("""[["a", "==", null]]""")));
        Assert.Empty(await RowsAsync(optional.Build(), Where("""[["a", "==", 20]]""")));
    }

    [Fact]
    public async Task A_bound_of_the_wrong_size_is_a_lie() =>
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(new ParquetBytes { Lowest = [1], Highest = [2] }.Build(), Where("""[["a", "==", 1]]"""))).Code);

    [Fact]
    public void Filters_show_themselves_as_they_were_written() =>
        Assert.Equal("""lang in "en", null""", Where("""[["lang", "in", ["en", null]]]""").Filters[0].ToString());
}

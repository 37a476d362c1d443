using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary><c>temper inspect FILE.parquet</c> with the real program.</summary>
public sealed class ParquetInspectTests
{
    [Fact]
    public async Task A_parquet_file_shows_its_columns_row_groups_and_rows()
    {
        var shown = await TemperProcess.RunAsync(["inspect", PathOf("chat-arrow-v1-snappy.parquet")]);
        Assert.Equal(0, shown.Exit);
        Assert.Contains("300 rows in 3 row groups", shown.Output);
        Assert.Contains("messages", shown.Output);
        Assert.Contains("snappy", shown.Output);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_with_the_exit_code_of_an_error()
    {
        var refused = await TemperProcess.RunAsync(["inspect", PathOf("interval-duckdb.parquet")]);
        Assert.Equal(2, refused.Exit);
        Assert.Contains("'span' holds intervals", refused.Output + refused.Errors);
        var missing = await TemperProcess.RunAsync(["inspect", "./nowhere.parquet"]);
        Assert.Equal(1, missing.Exit);
        Assert.Contains("There is no file", missing.Output + missing.Errors);
    }

    private static string PathOf(string name) => RepoRoot.Of("tests", "Ingest.Tests", "data", "parquet", name);
}

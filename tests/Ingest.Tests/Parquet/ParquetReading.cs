using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>Rows of Parquet files as texts.</summary>
internal static class ParquetReading
{
    /// <summary>A file that tests/reference/parquet_files.mjs made.</summary>
    public static string PathOf(string name) => RepoRoot.Of("tests", "Ingest.Tests", "data", "parquet", name);

    public static byte[] BytesOf(string name) => File.ReadAllBytes(PathOf(name));

    public static string[] LinesOf(string name) => File.ReadAllText(PathOf(name)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Task<List<string>> RowsAsync(byte[] bytes, RowQuery? query = null, long firstRow = 0, ParquetLimits? limits = null) =>
        RowsAsync(RangeSource.OfBytes("test.parquet", bytes), query, firstRow, limits);

    public static async Task<List<string>> RowsAsync(RangeSource source, RowQuery? query = null, long firstRow = 0, ParquetLimits? limits = null)
    {
        var file = await ParquetFile.OpenAsync(source, limits ?? ParquetLimits.Default, default);
        var reader = file.Read(query ?? RowQuery.All, firstRow);
        var rows = new List<string>();
        while (await reader.ReadAsync(default))
            rows.Add(Encoding.UTF8.GetString(reader.Row));
        return rows;
    }

    public static async Task<TemperException> FaultAsync(byte[] bytes, RowQuery? query = null, ParquetLimits? limits = null) =>
        await Assert.ThrowsAsync<TemperException>(() => RowsAsync(bytes, query, limits: limits));

    public static RowQuery Where(string filters, params string[] columns) =>
        new(columns.Length == 0 ? null : columns, RowFilter.ParseList(JsonSerializer.Deserialize<JsonElement>(filters)));

    /// <summary>The same JSON, numbers compared by what they are, not by their spelling.</summary>
    public static void Same(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (wanted, found) in expected.Zip(actual))
            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(wanted).RootElement, JsonDocument.Parse(found).RootElement), $"expected {wanted}\nfound    {found}");
    }
}

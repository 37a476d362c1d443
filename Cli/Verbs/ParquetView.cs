using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Temper.Cli.Verbs;

/// <summary>What a Parquet file says of itself, for people.</summary>
internal static class ParquetView
{
    private const int MostGroups = 20;

    /// <summary>Whether a text names such a file rather than a model.</summary>
    public static bool IsMeant(string reference) => reference.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(reference);

    /// <summary>Shows columns, row groups and compression; the exit code is 0, or that of what keeps the file from being read.</summary>
    /// <exception cref="TemperException">Codes <c>SRC_MISSING</c> and <c>FILE_…</c>.</exception>
    public static async Task<int> ShowAsync(Terminal terminal, string path, CancellationToken ct)
    {
        if (!File.Exists(path))
            throw new TemperException("SRC_MISSING", $"There is no file {Path.GetFullPath(path)}.", "Check the spelling.");
        var facts = (await ParquetFile.OpenAsync(RangeSource.OfFile(path), ct)).Describe();
        terminal.Document(facts);
        terminal.Line($"[bold]{Style.Escape(facts.Name)}[/]: {Format.Count(facts.Rows, "row")} in {Format.Count(facts.RowGroups.Count, "row group")}, {Format.Bytes(facts.Bytes)}{(facts.Writer is { } writer ? $", written by {Style.Escape(Short(writer))}" : "")}");
        terminal.Table(["column", "type", "null", "compression", "bytes", "unpacked"], [.. facts.Columns.Select(column => (string[])[column.Name, column.Type, column.Nullable ? "yes" : "no", string.Join(", ", column.Codecs), Format.Bytes(column.Bytes), Format.Bytes(column.Unpacked)])]);
        if (facts.RowGroups.Count > 1)
            terminal.Table(["row group", "rows", "bytes"], [.. facts.RowGroups.Take(MostGroups).Select((group, index) => (string[])[Format.Number(index), Format.Number(group.Rows), Format.Bytes(group.Bytes)])]);
        if (facts.RowGroups.Count > MostGroups)
            terminal.Line($"  and {Format.Number(facts.RowGroups.Count - MostGroups)} more; --json lists all");
        foreach (var problem in facts.Problems)
            terminal.Error(problem);
        return facts.Problems.Count == 0 ? 0 : Failure.ExitCode(new TemperException(facts.Problems).Kind);
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}

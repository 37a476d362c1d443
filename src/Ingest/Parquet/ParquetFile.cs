using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// An Apache Parquet file, read with bounded memory: a row group's columns a page at a time. What is supported: docs/formats/parquet.md. Whatever the
/// file says of itself is compared with its bytes before anything is allocated for it.
/// </summary>
public sealed class ParquetFile
{
    private readonly RangeSource _source;
    private readonly ParquetFooter _footer;
    private readonly ParquetNode[] _columns;
    private readonly LeafType[] _leaves;
    private readonly ParquetLimits _limits;

    private ParquetFile(RangeSource source, ParquetFooter footer, ParquetNode[] columns, LeafType[] leaves, ParquetLimits limits) =>
        (_source, _footer, _columns, _leaves, _limits) = (source, footer, columns, leaves, limits);

    /// <summary>Rows, of all row groups.</summary>
    public long Rows => _footer.Rows;

    /// <summary>Reads the footer.</summary>
    /// <exception cref="TemperException">Codes <c>FILE_TRUNCATED</c>, <c>FILE_CORRUPT</c>, <c>FILE_TOO_LARGE</c>, <c>FILE_UNSUPPORTED</c>.</exception>
    public static Task<ParquetFile> OpenAsync(RangeSource source, CancellationToken ct) => OpenAsync(source, ParquetLimits.Default, ct);

    internal static async Task<ParquetFile> OpenAsync(RangeSource source, ParquetLimits limits, CancellationToken ct)
    {
        var footer = await FooterReader.ReadAsync(source, limits, ct).ConfigureAwait(false);
        var (columns, leaves) = ParquetSchema.Build(footer.Schema, limits);
        foreach (var (group, index) in footer.Groups.Select((group, index) => (group, index)))
            Check(source.Name, group, index, leaves);
        return new(source, footer, columns, leaves, limits);
    }

    /// <summary>Schema, row groups and codecs, for people.</summary>
    public ParquetFacts Describe() => ParquetFacts.Of(_source, _footer, _columns, _leaves);

    /// <summary>Reads rows from a row on.</summary>
    /// <param name="query">Which, and what of them.</param>
    /// <param name="firstRow">Rows of the file to pass over, whether they would stay or not.</param>
    /// <param name="maxRowBytes">Longer rows are cut and marked.</param>
    /// <exception cref="TemperException">Codes <c>CFG_BAD_VALUE</c> and <c>CFG_WRONG_TYPE</c> when the query does not fit the file's columns; <c>FILE_UNSUPPORTED</c>.</exception>
    internal ParquetRowReader Read(RowQuery query, long firstRow = 0, int maxRowBytes = 0)
    {
        var columns = query.Columns is null ? _columns : Project(query.Columns);
        var filters = ColumnFilter.Bind(query.Filters, _columns, _source.Name);
        return new(_source, _footer, _leaves, columns, filters, firstRow, maxRowBytes > 0 ? _limits with { RowBytes = maxRowBytes } : _limits);
    }

    private ParquetNode[] Project(IReadOnlyList<string> names)
    {
        var missing = names.Where(name => _columns.All(column => column.Name != name)).ToList();
        if (missing.Count > 0 || names.Count == 0)
            throw new TemperException([.. missing.DefaultIfEmpty("").Select(name => new Problem("CFG_BAD_VALUE", $"'{_source.Name}' has no column '{name}'; it has {string.Join(", ", _columns.Select(column => column.Name))}.") { Path = "/columns", Value = name })]);
        return [.. names.Distinct(StringComparer.Ordinal).Select(name => _columns.First(column => column.Name == name))];
    }

    /// <summary>A row group must have the schema's columns, each with the schema's type, and as many values as it has rows.</summary>
    private static void Check(string file, RowGroup group, int index, LeafType[] leaves)
    {
        if (group.Columns.Length != leaves.Length)
            throw ParquetFault.Corrupt($"Row group {index} of '{file}' has {group.Columns.Length} columns; the schema has {leaves.Length}.");
        foreach (var (chunk, leaf) in group.Columns.Zip(leaves))
        {
            if (chunk.Type != leaf.Type)
                throw ParquetFault.Corrupt($"Column '{leaf.Path}' is {leaf.Type} in the schema of '{file}', and {chunk.Type} in row group {index}.");
            if (leaf.MaxRepetition == 0 ? chunk.Values != group.Rows : chunk.Values < group.Rows)
                throw ParquetFault.Corrupt($"Column '{leaf.Path}' has {chunk.Values} values in row group {index} of '{file}', which has {group.Rows} rows.");
        }
    }
}

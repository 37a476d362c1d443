namespace Temper.Ingest;

/// <summary>Which rows of a file are read, and what of them.</summary>
/// <param name="Columns">Names of columns of the table, in the order that rows get; null: all.</param>
/// <param name="Filters">Conditions that must all hold.</param>
public sealed record RowQuery(IReadOnlyList<string>? Columns, IReadOnlyList<RowFilter> Filters)
{
    /// <summary>Everything.</summary>
    public static readonly RowQuery All = new(null, []);
}

using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Registry;

/// <summary>Pages of lists: the cursor is the sort key of the last row, so a page costs the same wherever it is.</summary>
internal static class Paging
{
    public const int Most = 5000;

    /// <summary>At most <see cref="Most"/>.</summary>
    /// <exception cref="TemperException">Code <c>request_invalid</c>: less than one row is no page.</exception>
    public static int Limit(int limit) => limit >= 1 ? Math.Min(limit, Most)
        : throw new TemperException([new Problem("request_invalid", $"'limit' takes a whole number from 1 up, not {limit}.") { Path = "limit", Hint = "Write limit=100, or leave it out." }]);

    /// <summary>A page of <paramref name="rows"/>, of which one more than <paramref name="limit"/> were asked for.</summary>
    public static Page<TOut> Of<TRow, TOut>(IReadOnlyList<TRow> rows, int limit, Func<TRow, TOut> item, Func<TRow, string> cursor) =>
        new([.. rows.Take(limit).Select(item)], rows.Count > limit ? cursor(rows[limit - 1]) : null);

    /// <summary>A number out of a cursor; <paramref name="start"/> when there is none.</summary>
    /// <exception cref="TemperException">Code <c>cursor_invalid</c>.</exception>
    public static long Number(string? cursor, long start) => cursor is null ? start
        : long.TryParse(cursor, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
        : throw Invalid(cursor);

    public static TemperException Invalid(string cursor) => new("cursor_invalid", $"'{(cursor.Length > 80 ? cursor[..80] : cursor)}' is not a cursor that a page gave.");
}

using System.Text;

namespace Temper.Ingest;

/// <summary>
/// Writes CSV (RFC 4180) that a spreadsheet can open without harm: a cell that it would take for a formula (one that begins with <c>= + - @</c>, a tab or a
/// carriage return) gets an apostrophe in front. Numbers are left as they are.
/// </summary>
public static class CsvExport
{
    /// <summary>The rows, the header first, with CRLF behind each.</summary>
    public static string Write(IEnumerable<IEnumerable<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendJoin(',', row.Select(Cell)).Append("\r\n");
        return text.ToString();
    }

    /// <summary>One cell, harmless, and quoted where it must be.</summary>
    public static string Cell(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var safe = value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' && !IsNumber(value) ? "'" + value : value;
        return safe.AsSpan().IndexOfAny("\",\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static bool IsNumber(string value) => value.Length > 1 && value.Skip(1).All(c => char.IsAsciiDigit(c) || c == '.');
}

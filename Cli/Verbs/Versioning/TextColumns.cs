using Temper.Cli.Output;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Columns under their heads, numbers to the right, in a verb's result.</summary>
internal static class TextColumns
{
    public static void Write(TextWriter to, IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        rows = [.. rows.Select(row => (IReadOnlyList<string>)[.. row.Select(cell => Style.Clean(cell).Replace('\n', '\uFFFD'))])];
        var widths = heads.Select((head, i) => rows.Select(row => row[i].Length).Append(head.Length).Max()).ToArray();
        to.WriteLine(Line(heads.Select((head, i) => head.PadRight(widths[i]))));
        foreach (var row in rows)
            to.WriteLine(Line(row.Select((cell, i) => IsNumber(cell) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))));
    }

    private static string Line(IEnumerable<string> cells) => string.Join("  ", cells).TrimEnd();

    private static bool IsNumber(string cell) => cell.Length > 0 && (char.IsAsciiDigit(cell[0]) || cell[0] is '-' or '∞');
}

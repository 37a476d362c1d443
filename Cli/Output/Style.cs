using System.Text;

namespace Temper.Cli.Output;

/// <summary>Marks <c>[red]…[/]</c>, <c>[green]</c>, <c>[yellow]</c>, <c>[cyan]</c>, <c>[bold]</c>, <c>[dim]</c>; <c>[[</c> is a bracket. Rendered as ANSI codes or dropped.</summary>
internal static class Style
{
    private static readonly Dictionary<string, string> Codes = new()
    {
        ["red"] = "31",
        ["green"] = "32",
        ["yellow"] = "33",
        ["cyan"] = "36",
        ["bold"] = "1",
        ["dim"] = "2",
        ["/"] = "0",
    };

    /// <summary>Names and texts that others made may hold codes that a terminal obeys, or turn the direction of what follows: they are shown as U+FFFD.</summary>
    public static string Clean(string text) => text.Any(IsUnsafe) ? string.Concat(text.Select(c => IsUnsafe(c) ? '\uFFFD' : c)) : text;

    private static bool IsUnsafe(char c) => (char.IsControl(c) && c != '\n') || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F';

    public static string Escape(string text) => text.Replace("[", "[[", StringComparison.Ordinal);

    public static string Render(string text, bool colours)
    {
        if (!text.Contains('[', StringComparison.Ordinal))
            return text;
        var output = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '[')
            {
                output.Append(text[i]);
                continue;
            }
            if (i + 1 < text.Length && text[i + 1] == '[')
            {
                output.Append('[');
                i++;
                continue;
            }
            var end = text.IndexOf(']', i);
            if (end > 0 && Codes.TryGetValue(text[(i + 1)..end], out var code))
            {
                if (colours)
                    output.Append("\u001b[").Append(code).Append('m');
                i = end;
            }
            else
                output.Append('[');
        }
        return output.ToString();
    }
}

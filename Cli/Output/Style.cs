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

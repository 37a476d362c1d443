using System.Text;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Patches for a terminal: in colours, without characters that would command it.</summary>
internal static class PatchColours
{
    private const string Reset = "\u001b[m";

    public static string Of(string patch, bool isColoured)
    {
        if (!isColoured)
            return patch;
        var text = new StringBuilder();
        foreach (var line in patch.Split('\n').SkipLast(1))
        {
            var colour = line switch
            {
                ['@', '@', ..] => "\u001b[36m",
                ['+', '+', '+', ' ', ..] or ['-', '-', '-', ' ', ..] or ['d', 'i', 'f', 'f', ..] or ['i', 'n', 'd', 'e', 'x', ..] => "\u001b[1m",
                ['+', ..] => "\u001b[32m",
                ['-', ..] => "\u001b[31m",
                _ => "",
            };
            var shown = string.Join('\t', line.Split('\t').Select(Output.Style.Clean));
            text.Append(colour).Append(shown).Append(colour.Length > 0 ? Reset : "").Append('\n');
        }
        return text.ToString();
    }
}

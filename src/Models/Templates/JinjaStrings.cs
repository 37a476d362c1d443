using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>Quoted strings with Python's escapes.</summary>
internal static class JinjaStrings
{
    /// <summary>Reads the string at <paramref name="at"/> and moves behind it.</summary>
    public static string Read(string source, ref int at, int line)
    {
        var quote = source[at++];
        var text = new StringBuilder();
        while (at < source.Length && source[at] != quote)
        {
            if (source[at] != '\\' || at + 1 >= source.Length) text.Append(source[at++]);
            else Escape(source, ref at, text);
        }

        if (at >= source.Length) throw JinjaErrors.Invalid(line, "a string is not closed");
        at++;
        return text.ToString();
    }

    private static void Escape(string source, ref int at, StringBuilder text)
    {
        var c = source[at + 1];
        at += 2;
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && at + digits <= source.Length && int.TryParse(source.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            at += digits;
            if (code < 0x10000) text.Append((char)code);
            else if (Rune.IsValid(code)) text.Append(char.ConvertFromUtf32(code));
            return;
        }

        var known = "\\'\"nrtabfv0\n".IndexOf(c, StringComparison.Ordinal);
        if (known == 11) return;
        if (known >= 0) text.Append("\\'\"\n\r\t\a\b\f\v\0"[known]);
        else text.Append('\\').Append(c);
    }
}

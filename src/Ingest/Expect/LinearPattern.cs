using System.Text;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>
/// Expressions that users write. They are matched without backtracking, so that time grows with the text's length alone; what cannot be matched so is
/// refused, with the reason in words.
/// </summary>
internal static class LinearPattern
{
    /// <summary>Longest time of one match; a text that takes longer is far larger than any that an expression is made for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private static readonly (string Begin, string Name)[] Groups =
        [("(?<=", "a lookbehind"), ("(?<!", "a lookbehind"), ("(?=", "a lookahead"), ("(?!", "a lookahead"), ("(?>", "an atomic group"), ("(?(", "a condition")];

    /// <summary>The expression; null where it cannot be used, <paramref name="reason"/> then says why.</summary>
    public static Regex? Read(string pattern, out string reason)
    {
        reason = "";
        try
        {
            return new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Limit);
        }
        catch (RegexParseException e)
        {
            reason = $"it is wrong at character {e.Offset}: {Words(e.Error)}";
        }
        catch (NotSupportedException)
        {
            reason = Backtracks(pattern) is { } construct ? $"it has {construct}, which cannot be matched in linear time" : "it would need too much memory to be matched in linear time; lower the numbers of its repetitions";
        }
        return null;
    }

    /// <summary>The first construct that needs backtracking, or null.</summary>
    private static string? Backtracks(string pattern)
    {
        var inClass = false;
        for (var at = 0; at < pattern.Length; at++)
        {
            if (pattern[at] == '\\')
            {
                var next = at + 1 < pattern.Length ? pattern[++at] : '\\';
                if (!inClass && next is (>= '1' and <= '9') or 'k')
                    return "a backreference";
                if (!inClass && next == 'G')
                    return "the anchor \\G";
            }
            else if (inClass || pattern[at] == '[')
            {
                // A bracket that comes first is one of the class.
                inClass = !inClass || pattern[at] != ']' || pattern[at - 1] == '[';
            }
            else if (Array.Find(Groups, g => string.CompareOrdinal(pattern, at, g.Begin, 0, g.Begin.Length) == 0) is { Name: { } name })
            {
                return name;
            }
        }
        return null;
    }

    /// <summary>An error's name as words: UnterminatedBracket, unterminated bracket.</summary>
    private static string Words(RegexParseError error)
    {
        var words = new StringBuilder();
        foreach (var letter in error.ToString())
        {
            if (char.IsUpper(letter) && words.Length > 0)
                words.Append(' ');
            words.Append(char.ToLowerInvariant(letter));
        }
        return words.ToString();
    }
}

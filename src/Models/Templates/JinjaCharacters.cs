namespace Temper.Models;

/// <summary>Strings as Python counts them, by code point, and Python's ideas of white space and letters.</summary>
internal static class JinjaCharacters
{
    /// <summary>What <c>str.strip()</c> and <c>str.split()</c> take for white space: Unicode's and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Number of characters.</summary>
    public static int Count(string text) => CodePoints.Count(text);

    /// <summary>Number of characters before a UTF-16 index; negative ones stay.</summary>
    public static long Place(string text, int index) => index < 0 ? index : CodePoints.Count(text.AsSpan(0, index));

    /// <summary>The character at a place, which may count from the end; null outside.</summary>
    public static string? At(string text, long place)
    {
        var count = Count(text);
        var wanted = place < 0 ? place + count : place;
        if (wanted < 0 || wanted >= count) return null;
        if (count == text.Length) return text[(int)wanted].ToString();
        var at = 0;
        for (; wanted > 0; wanted--) at += Length(text, at);
        return text.Substring(at, Length(text, at));
    }

    /// <summary>The text without white space at its ends.</summary>
    public static string Strip(string text, bool left, bool right)
    {
        var (from, to) = (0, text.Length);
        while (left && from < to && IsSpace(text[from])) from++;
        while (right && to > from && IsSpace(text[to - 1])) to--;
        return text[from..to];
    }

    /// <summary>Upper case; ß becomes SS.</summary>
    public static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    /// <summary>Lower case; İ keeps its dot.</summary>
    public static string Lower(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>The filter <c>title</c>: words begin after white space, hyphens and opening brackets, not after every sign as in <c>str.title()</c>.</summary>
    public static string Title(string text) => string.Concat(text.Select((c, i) =>
        i == 0 || IsSpace(text[i - 1]) || text[i - 1] is '-' or '(' or '{' or '[' or '<' ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c)));

    /// <summary>The words between white space, at most <paramref name="most"/> cuts when it is not negative.</summary>
    public static List<object?> Words(string text, long most)
    {
        var words = new List<object?>();
        var rest = Strip(text, left: true, right: false);
        while (rest.Length > 0)
        {
            var end = 0;
            while (end < rest.Length && !IsSpace(rest[end])) end++;
            if (end == rest.Length || words.Count == most)
            {
                words.Add(Strip(rest, left: false, right: true));
                break;
            }

            words.Add(rest[..end]);
            rest = Strip(rest[end..], left: true, right: false);
        }

        return words;
    }

    /// <summary>The lines, as <c>str.splitlines()</c>.</summary>
    public static List<object?> Lines(string text)
    {
        var lines = new List<object?>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ((>= '\n' and <= '\r') or (>= '\u001C' and <= '\u001E') or '\u0085' or '\u2028' or '\u2029')) continue;
            lines.Add(text[start..i]);
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') i++;
            start = i + 1;
        }

        if (start < text.Length) lines.Add(text[start..]);
        return lines;
    }

    /// <summary>The text filled up to a width.</summary>
    public static string Padded(string text, long width, string fill, bool left, bool right, int line)
    {
        if (Count(fill) != 1) throw JinjaErrors.Failed(line, "a text is filled up with one character");
        var missing = width - Count(text);
        if (width > JinjaOperators.LargestValue) throw JinjaErrors.Limit(line, "a text is filled up too far");
        if (missing <= 0) return text;
        var before = !left ? 0 : !right ? missing : missing / 2 + (missing & width & 1);
        return string.Concat(string.Concat(Enumerable.Repeat(fill, (int)before)), text, string.Concat(Enumerable.Repeat(fill, (int)(missing - before))));
    }

    private static int Length(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
}

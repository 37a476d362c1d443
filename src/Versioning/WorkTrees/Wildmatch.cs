namespace Temper.Versioning.WorkTrees;

/// <summary>
/// Git's patterns: <c>*</c> and <c>?</c> stay within a part of a path, <c>**</c> as a whole part spans any number of them, <c>[…]</c> with ranges and
/// classes, a backslash takes the next sign as it is. Characters, not bytes.
/// </summary>
internal static class Wildmatch
{
    /// <summary>Whether the whole of <paramref name="text"/> fits.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text) => Match(pattern, 0, text, 0);

    private static bool Match(ReadOnlySpan<char> pattern, int p, ReadOnlySpan<char> text, int t)
    {
        for (; p < pattern.Length; p++, t++)
        {
            if (pattern[p] == '*')
                return MatchStar(pattern, p, text, t);
            if (t >= text.Length)
                return false;
            switch (pattern[p])
            {
                case '?':
                    if (text[t] == '/')
                        return false;
                    break;
                case '[':
                    var end = MatchSet(pattern, p, text[t], out var fits);
                    if (end < 0 || !fits || text[t] == '/')
                        return false;
                    p = end;
                    break;
                default:
                    if (pattern[p] == '\\' && ++p >= pattern.Length || pattern[p] != text[t])
                        return false;
                    break;
            }
        }
        return t == text.Length;
    }

    private static bool MatchStar(ReadOnlySpan<char> pattern, int p, ReadOnlySpan<char> text, int t)
    {
        var next = p + 1;
        while (next < pattern.Length && pattern[next] == '*')
            next++;
        var spans = next - p >= 2 && (p == 0 || pattern[p - 1] == '/') && (next == pattern.Length || pattern[next] == '/' || pattern[next..].StartsWith("\\/"));
        if (spans)
        {
            if (next == pattern.Length)
                return true;
            // `**/` stands for no folder at all, too.
            if (Match(pattern, next + (pattern[next] == '/' ? 1 : 2), text, t))
                return true;
        }
        for (; ; t++)
        {
            if (Match(pattern, next, text, t))
                return true;
            if (t >= text.Length || !spans && text[t] == '/')
                return false;
        }
    }

    /// <summary>Index of the closing bracket, -1 when there is none.</summary>
    private static int MatchSet(ReadOnlySpan<char> pattern, int p, char c, out bool fits)
    {
        fits = false;
        var at = p + 1;
        var negated = at < pattern.Length && pattern[at] is '!' or '^';
        if (negated)
            at++;
        for (var first = true; at < pattern.Length; first = false)
        {
            if (pattern[at] == ']' && !first)
            {
                fits ^= negated;
                return at;
            }
            if (pattern[at] == '[' && at + 1 < pattern.Length && pattern[at + 1] == ':' && pattern[at..].IndexOf(":]") is > 1 and var close)
            {
                fits |= IsOf(pattern[(at + 2)..(at + close)], c);
                at += close + 2;
                continue;
            }
            var low = Sign(pattern, ref at);
            var high = low;
            if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
            {
                at++;
                high = Sign(pattern, ref at);
            }
            fits |= c >= low && c <= high;
        }
        return -1;
    }

    private static char Sign(ReadOnlySpan<char> pattern, ref int at)
    {
        if (pattern[at] == '\\' && at + 1 < pattern.Length)
            at++;
        return pattern[at++];
    }

    private static bool IsOf(ReadOnlySpan<char> name, char c) => name switch
    {
        "alnum" => char.IsAsciiLetterOrDigit(c),
        "alpha" => char.IsAsciiLetter(c),
        "blank" => c is ' ' or '\t',
        "cntrl" => c < ' ' || c == '\x7f',
        "digit" => char.IsAsciiDigit(c),
        "graph" => c is > ' ' and < '\x7f',
        "lower" => char.IsAsciiLetterLower(c),
        "print" => c is >= ' ' and < '\x7f',
        "punct" => c is > ' ' and < '\x7f' && !char.IsAsciiLetterOrDigit(c),
        "space" => c is ' ' or (>= '\t' and <= '\r'),
        "upper" => char.IsAsciiLetterUpper(c),
        "xdigit" => char.IsAsciiHexDigit(c),
        _ => false,
    };
}

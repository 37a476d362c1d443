namespace Temper.Models;

/// <summary>Python's string methods that templates use.</summary>
internal static class JinjaStringMethods
{
    /// <summary>The method of that name bound to a string, or null.</summary>
    public static JinjaFunction? Find(string text, string name)
    {
        Func<JinjaArguments, object?>? body = name switch
        {
            "strip" => args => Strip(text, args, left: true, right: true),
            "lstrip" => args => Strip(text, args, left: true, right: false),
            "rstrip" => args => Strip(text, args, left: false, right: true),
            "split" => args => Split(text, args),
            "rsplit" => args => RightSplit(text, args),
            "splitlines" => _ => text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None) is [.. var lines, ""] ? lines.ToList<object?>() : text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None).ToList<object?>(),
            "startswith" => args => Affixes(args).Any(affix => text.StartsWith(affix, StringComparison.Ordinal)),
            "endswith" => args => Affixes(args).Any(affix => text.EndsWith(affix, StringComparison.Ordinal)),
            "removeprefix" => args => text.StartsWith(args.Text(0, "prefix"), StringComparison.Ordinal) ? text[args.Text(0, "prefix").Length..] : text,
            "removesuffix" => args => text.EndsWith(args.Text(0, "suffix"), StringComparison.Ordinal) ? text[..^args.Text(0, "suffix").Length] : text,
            "replace" => args => Replace(text, args.Text(0, "old"), args.Text(1, "new"), args.Whole(2, "count", -1), args.Line),
            "upper" => _ => text.ToUpperInvariant(),
            "lower" => _ => text.ToLowerInvariant(),
            "capitalize" => _ => Capitalize(text),
            "title" => _ => Title(text),
            "find" => args => (long)text.IndexOf(args.Text(0, "sub"), StringComparison.Ordinal),
            "rfind" => args => (long)text.LastIndexOf(args.Text(0, "sub"), StringComparison.Ordinal),
            "count" => args => (long)Count(text, args.Text(0, "sub")),
            "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
            "isalpha" => _ => text.Length > 0 && text.All(char.IsLetter),
            "isspace" => _ => text.Length > 0 && text.All(char.IsWhiteSpace),
            "isupper" => _ => text.Any(char.IsUpper) && !text.Any(char.IsLower),
            "islower" => _ => text.Any(char.IsLower) && !text.Any(char.IsUpper),
            "join" => args => string.Join(text, JinjaMembers.Iterate(args.Get(0, "items"), args.Line).Select(JinjaText.Str)),
            _ => null,
        };
        return body is null ? null : new JinjaFunction(name, body);
    }

    /// <summary>First letter upper case, the rest lower.</summary>
    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>First letter of every word upper case, the rest lower.</summary>
    public static string Title(string text) => string.Concat(text.Select((c, i) => i > 0 && char.IsLetter(text[i - 1]) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)));

    /// <summary>Replaces the first <paramref name="count"/> occurrences; all when it is negative.</summary>
    public static string Replace(string text, string old, string fresh, long count, int line)
    {
        if (old.Length == 0) throw JinjaErrors.Failed(line, "replace needs something to look for");
        if (text.Length + (long)Count(text, old) * Math.Max(0, fresh.Length - old.Length) > JinjaOperators.LargestValue) throw JinjaErrors.Limit(line, "replace makes a text that is too large");
        if (count < 0) return text.Replace(old, fresh, StringComparison.Ordinal);
        var parts = text.Split(old, (int)Math.Min(count, int.MaxValue - 1) + 1);
        return string.Join(fresh, parts);
    }

    /// <summary>Text without the given characters, or white space, at its ends.</summary>
    public static string Strip(string text, string? chars, bool left, bool right)
    {
        var set = chars?.ToCharArray();
        if (left) text = set is null ? text.TrimStart() : text.TrimStart(set);
        return !right ? text : set is null ? text.TrimEnd() : text.TrimEnd(set);
    }

    private static string Strip(string text, JinjaArguments args, bool left, bool right) => Strip(text, args.Get(0, "chars") as string, left, right);

    private static List<object?> Split(string text, JinjaArguments args)
    {
        var most = (int)Math.Clamp(args.Whole(1, "maxsplit", -1), -1, int.MaxValue - 1);
        if (args.Get(0, "sep") is string separator)
        {
            if (separator.Length == 0) throw JinjaErrors.Failed(args.Line, "split needs a separator that is not empty");
            return [.. most < 0 ? text.Split(separator) : text.Split(separator, most + 1)];
        }

        var words = new List<object?>();
        var rest = text.TrimStart();
        while (rest.Length > 0)
        {
            var end = rest.AsSpan().IndexOfAny(WhiteSpace);
            if (end < 0 || words.Count == most)
            {
                words.Add(end < 0 ? rest : rest.TrimEnd());
                break;
            }

            words.Add(rest[..end]);
            rest = rest[end..].TrimStart();
        }

        return words;
    }

    private static List<object?> RightSplit(string text, JinjaArguments args)
    {
        var most = args.Whole(1, "maxsplit", -1);
        var parts = text.Split(args.Text(0, "sep"));
        if (most < 0 || parts.Length <= most + 1) return [.. parts];
        var head = parts.Length - (int)most;
        return [string.Join(args.Text(0, "sep"), parts[..head]), .. parts[head..]];
    }

    private static IEnumerable<string> Affixes(JinjaArguments args) => args.Get(0, "affix") switch
    {
        string one => [one],
        object?[] several => several.OfType<string>(),
        var other => throw JinjaErrors.Failed(args.Line, $"{args.Function} needs a string, not {JinjaText.TypeOf(other)}"),
    };

    private static int Count(string text, string part)
    {
        if (part.Length == 0) return text.Length + 1;
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static readonly System.Buffers.SearchValues<char> WhiteSpace = System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0x3001).Select(c => (char)c).Where(char.IsWhiteSpace)]);
}

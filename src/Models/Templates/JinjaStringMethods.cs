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
            "splitlines" => _ => JinjaCharacters.Lines(text),
            "startswith" => args => Affixes(args).Any(affix => text.StartsWith(affix, StringComparison.Ordinal)),
            "endswith" => args => Affixes(args).Any(affix => text.EndsWith(affix, StringComparison.Ordinal)),
            "removeprefix" => args => text.StartsWith(args.Text(0, "prefix"), StringComparison.Ordinal) ? text[args.Text(0, "prefix").Length..] : text,
            "removesuffix" => args => text.EndsWith(args.Text(0, "suffix"), StringComparison.Ordinal) ? text[..^args.Text(0, "suffix").Length] : text,
            "replace" => args => Replace(text, args.Text(0, "old"), args.Text(1, "new"), args.Whole(2, "count", -1), args.Line),
            "upper" => _ => JinjaCharacters.Upper(text),
            "lower" => _ => JinjaCharacters.Lower(text),
            "capitalize" => _ => Capitalize(text),
            "title" => _ => Title(text),
            "find" => args => JinjaCharacters.Place(text, text.IndexOf(args.Text(0, "sub"), StringComparison.Ordinal)),
            "rfind" => args => JinjaCharacters.Place(text, text.LastIndexOf(args.Text(0, "sub"), StringComparison.Ordinal)),
            "partition" => args => Partition(text, args.Text(0, "sep"), text.IndexOf(args.Text(0, "sep"), StringComparison.Ordinal)),
            "rpartition" => args => text.LastIndexOf(args.Text(0, "sep"), StringComparison.Ordinal) is >= 0 and var at ? Partition(text, args.Text(0, "sep"), at) : new object?[] { "", "", text },
            "ljust" => args => JinjaCharacters.Padded(text, args.Whole(0, "width", 0), args.Get(1, "fillchar", " ") as string ?? " ", left: false, right: true, args.Line),
            "rjust" => args => JinjaCharacters.Padded(text, args.Whole(0, "width", 0), args.Get(1, "fillchar", " ") as string ?? " ", left: true, right: false, args.Line),
            "center" => args => JinjaCharacters.Padded(text, args.Whole(0, "width", 0), args.Get(1, "fillchar", " ") as string ?? " ", left: true, right: true, args.Line),
            "zfill" => args => text.Length > 0 && text[0] is '+' or '-'
                ? text[0] + JinjaCharacters.Padded(text[1..], args.Whole(0, "width", 0) - 1, "0", left: true, right: false, args.Line) : JinjaCharacters.Padded(text, args.Whole(0, "width", 0), "0", left: true, right: false, args.Line),
            "isalnum" => _ => text.Length > 0 && text.All(char.IsLetterOrDigit),
            "swapcase" => _ => string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))),
            "count" => args => (long)Count(text, args.Text(0, "sub")),
            "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
            "isalpha" => _ => text.Length > 0 && text.All(char.IsLetter),
            "isspace" => _ => text.Length > 0 && text.All(JinjaCharacters.IsSpace),
            "isupper" => _ => text.Any(char.IsUpper) && !text.Any(char.IsLower),
            "islower" => _ => text.Any(char.IsLower) && !text.Any(char.IsUpper),
            "join" => args => JinjaListFilters.Joined(text, JinjaMembers.Iterate(args.Get(0, "items"), args.Line), args),
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
        if (chars is null) return JinjaCharacters.Strip(text, left, right);
        var set = chars.ToCharArray();
        if (left) text = text.TrimStart(set);
        return right ? text.TrimEnd(set) : text;
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

        return JinjaCharacters.Words(text, most);
    }

    private static object?[] Partition(string text, string separator, int at) => at < 0 ? [text, "", ""] : [text[..at], separator, text[(at + separator.Length)..]];

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
}

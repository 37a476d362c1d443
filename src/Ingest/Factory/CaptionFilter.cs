using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>
/// Terms and expressions that are taken out of captions, and replacements <c>s/old/new/</c>. Expressions come from users: they are matched without
/// backtracking, so that time grows with the caption's length alone; what cannot be matched so is refused.
/// </summary>
public sealed class CaptionFilter
{
    /// <summary>Most rules.</summary>
    public const int MostRules = 1000;

    /// <summary>Longest rule in characters.</summary>
    public const int LongestRule = 1000;

    private readonly IReadOnlyList<Rule> _rules;

    private CaptionFilter(IReadOnlyList<Rule> rules) => _rules = rules;

    /// <summary>The rules as they were written.</summary>
    public IReadOnlyList<string> Rules => [.. _rules.Select(rule => rule.Text)];

    /// <summary>Takes out nothing.</summary>
    public static CaptionFilter None { get; } = new([]);

    /// <summary>Number of rules.</summary>
    public int Count => _rules.Count;

    /// <summary>A caption without what the rules name; white space at its ends goes with it.</summary>
    /// <exception cref="RegexMatchTimeoutException">A rule took longer than a second.</exception>
    public string Apply(string caption) => _rules.Count == 0 ? caption : _rules.Aggregate(caption, (text, rule) => rule.Pattern.Replace(text, rule.Replacement)).Trim();

    /// <summary>Reads rules. <paramref name="wrong"/> gets the index and the reason of each that cannot be used.</summary>
    public static CaptionFilter Of(IReadOnlyList<string> texts, Action<int, string> wrong)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(wrong);
        var rules = new List<Rule>();
        for (var i = 0; i < texts.Count; i++)
        {
            if (i >= MostRules)
            {
                wrong(i, $"there are {texts.Count} rules; {MostRules} are taken");
                break;
            }
            if (texts[i].Length == 0 || texts[i].Length > LongestRule)
                wrong(i, texts[i].Length == 0 ? "it is empty" : $"it has {texts[i].Length} characters; {LongestRule} are taken");
            else if (Read(texts[i], out var reason) is { } rule)
                rules.Add(rule);
            else
                wrong(i, reason);
        }
        return new(rules);
    }

    private static Rule? Read(string text, out string reason)
    {
        var (pattern, replacement) = (text, "");
        if (text.StartsWith("s/", StringComparison.Ordinal))
        {
            var middle = Slash(text, 2);
            var end = middle < 0 ? -1 : Slash(text, middle + 1);
            if (end != text.Length - 1 || middle == 2)
            {
                reason = "a replacement is written s/old/new/, with a '/' in it as \\/";
                return null;
            }
            (pattern, replacement) = (Plain(text[2..middle]), Plain(text[(middle + 1)..end]).Replace("$", "$$", StringComparison.Ordinal));
        }
        return LinearPattern.Read(pattern, out reason) is { } expression ? new(text, expression, replacement) : null;
    }

    private static int Slash(string text, int from)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '/')
                return i;
        }
        return -1;
    }

    private static string Plain(string text) => text.Replace("\\/", "/", StringComparison.Ordinal);

    private sealed record Rule(string Text, Regex Pattern, string Replacement);
}

using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>Kinds of personal data that a configuration adds, <c>pii.rules</c>: a name and an expression each. Their kinds follow the built-in ones by number.</summary>
internal sealed class UserRules
{
    /// <summary>Most rules of a configuration.</summary>
    public const int Most = 100;

    /// <summary>Longest expression in characters.</summary>
    public const int Longest = 1000;

    private readonly Regex[] _patterns;
    private readonly byte[][] _labels;

    private UserRules(string[] names, Regex[] patterns) => (Names, _patterns, _labels) = (names, patterns, [.. names.Select(name => Encoding.UTF8.GetBytes($"[{name}]"))]);

    /// <summary>Names, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The rules of a configuration that was checked; null where it has none, or looks for no personal data.</summary>
    public static UserRules? Of(DatasetConfig config) => config.Pii is { Action: not ScanAction.Off, Rules: { } rules } ? Of(rules, (_, _) => { }) : null;

    /// <summary>The rules under which a version was sealed; null where there were none.</summary>
    public static UserRules? Of(DatasetManifest manifest) => manifest.Config.Deserialize<DatasetConfig>(Wire.Json) is { } config ? Of(config) : null;

    /// <summary>The rules of a configuration; null where it has none.</summary>
    /// <param name="rules">Name to expression.</param>
    /// <param name="wrong">Gets name and reason of each that cannot be used.</param>
    public static UserRules? Of(IReadOnlyDictionary<string, string> rules, Action<string, string> wrong)
    {
        var (names, patterns) = (new List<string>(), new List<Regex>());
        foreach (var (name, text) in rules)
        {
            if (Read(text, out var reason) is not { } pattern)
                wrong(name, reason);
            else
                (names, patterns) = ([.. names, name], [.. patterns, pattern]);
        }
        // A text that was redacted must stay as it is when it is redacted again.
        foreach (var (i, pattern) in patterns.Index())
        {
            if (names.Find(name => pattern.IsMatch($"[{name}]")) is { } label)
                wrong(names[i], $"it matches '[{label}]', which stands in place of what is redacted");
        }
        return names.Count == 0 ? null : new([.. names], [.. patterns]);
    }

    /// <summary>What stands in for a value of a kind of these rules.</summary>
    public ReadOnlySpan<byte> Label(int rule) => _labels[rule];

    /// <summary>Everything that a rule matches, in no order.</summary>
    /// <exception cref="RegexMatchTimeoutException">A rule took longer than <see cref="LinearPattern.Limit"/>.</exception>
    public void Find(ReadOnlySpan<byte> text, List<Finding> found)
    {
        var characters = Encoding.UTF8.GetString(text);
        for (var rule = 0; rule < _patterns.Length; rule++)
        {
            var (seen, bytes) = (0, 0);
            foreach (var match in _patterns[rule].EnumerateMatches(characters))
            {
                bytes += Encoding.UTF8.GetByteCount(characters.AsSpan(seen, match.Index - seen));
                seen = match.Index;
                if (match.Length > 0)
                    found.Add(new((FindingKind)(FindingKinds.Names.Length + rule), bytes, Encoding.UTF8.GetByteCount(characters.AsSpan(match.Index, match.Length))));
            }
        }
    }

    /// <summary>A text for people, without what a rule matches.</summary>
    public string Redact(string text)
    {
        try
        {
            return _patterns.Index().Aggregate(text, (left, rule) => rule.Item.Replace(left, _ => $"[{Names[rule.Index]}]"));
        }
        catch (RegexMatchTimeoutException)
        {
            // What cannot be looked through is not shown.
            return "";
        }
    }

    private static Regex? Read(string text, out string reason)
    {
        if (text.Length is 0 or > Longest)
        {
            reason = text.Length == 0 ? "it is empty" : $"it has {text.Length} characters; {Longest} are taken";
            return null;
        }
        if (LinearPattern.Read(text, out reason) is not { } pattern)
            return null;
        reason = "it matches where there is nothing";
        return pattern.IsMatch("") ? null : pattern;
    }
}

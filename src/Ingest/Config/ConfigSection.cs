using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// One mapping of a configuration, read key by key. What is wrong is collected, never thrown; <see cref="End"/> reports every key that nobody asked for.
/// </summary>
internal sealed class ConfigSection(ConfigNode.Map map, string file, List<Problem> problems)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Keys that stand one level deeper, and where that is.</summary>
    public (string Place, string[] Keys) Deeper { get; init; } = ("", []);

    /// <summary>Where it stands.</summary>
    public ConfigNode.Map Map => map;

    /// <summary>The value of a key, or null when it is absent or null.</summary>
    public ConfigNode? Find(string key)
    {
        _known.Add(key);
        return map.Members.FirstOrDefault(m => m.Key == key).Value is { } value and not ConfigNode.Scalar { Value: null } ? value : null;
    }

    public string? Text(string key) => Scalar<string>(key, "text");

    public bool Flag(string key, bool otherwise) => Scalar<bool?>(key, "true or false (without quotes)") ?? otherwise;

    public long? Whole(string key, long least, long most) => InRange(key, Scalar<long?>(key, "a whole number (without quotes)"), least, most);

    public double? Number(string key, double least, double most)
    {
        var value = Find(key) switch
        {
            ConfigNode.Scalar { Value: long whole } => whole,
            ConfigNode.Scalar { Value: double number } => number,
            null => (double?)null,
            var other => Wrong<double?>(other, key, "a number (without quotes)"),
        };
        return InRange(key, value, least, most);
    }

    /// <summary>One of a list of words; <paramref name="otherwise"/> when absent or wrong.</summary>
    public string Word(string key, string otherwise, params ReadOnlySpan<string> words)
    {
        if (Text(key) is not { } text)
            return otherwise;
        if (words.Contains(text))
            return text;
        Add("CFG_BAD_VALUE", Find(key)!, $"'{key}' must be one of {string.Join(", ", words)}; found '{text}'.", Nearest.Hint(text, words));
        return otherwise;
    }

    /// <summary>A nested mapping; null when absent or of another type.</summary>
    public ConfigSection? Section(string key) => Find(key) switch
    {
        ConfigNode.Map nested => new(nested, file, problems),
        null => null,
        var other => Wrong<ConfigSection?>(other, key, "a mapping"),
    };

    /// <summary>A mapping of names to names, with every key allowed.</summary>
    public SortedDictionary<string, string> Names(string key)
    {
        var names = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (Section(key) is not { } section)
            return names;
        foreach (var (name, _) in section.Map.Members)
        {
            if (section.Text(name) is { } text)
                names[name] = text;
        }
        return names;
    }

    /// <summary>Adds a problem about a value.</summary>
    public void Add(string code, ConfigNode at, string message, string? hint = null) =>
        problems.Add(new(code, $"{file} line {at.Line}: {message}") { File = file, Line = at.Line, Path = at.Pointer, Hint = hint });

    /// <summary>Reports unknown keys; those in <paramref name="later"/> exist, but not in this version.</summary>
    public void End(params ReadOnlySpan<string> later)
    {
        foreach (var (key, value) in map.Members)
        {
            if (later.Contains(key) && !_known.Contains(key))
                Add("CFG_UNSUPPORTED", value, $"'{key}' is not supported by this version.", "Remove it.");
            else if (!_known.Contains(key))
                Add("CFG_UNKNOWN_KEY", value, $"there is no key '{key}' here.", Hint(key));
        }
    }

    private string Hint(string key) => Nearest.To(key, Deeper.Keys) is { } inner
        ? $"{(inner == key ? $"'{key}' belongs" : $"Did you mean '{inner}'? It belongs")} under {Deeper.Place}." : Nearest.Hint(key, [.. _known]);

    private T? Scalar<T>(string key, string expected) => Find(key) switch
    {
        ConfigNode.Scalar { Value: T value } => value,
        null => default,
        var other => Wrong<T>(other, key, expected),
    };

    private T? Wrong<T>(ConfigNode node, string key, string expected)
    {
        var shown = node is ConfigNode.Scalar scalar ? $" '{Convert.ToString(scalar.Value, CultureInfo.InvariantCulture)}'" : "";
        Add("CFG_WRONG_TYPE", node, $"'{key}' must be {expected}; found {node.Kind}{shown}.");
        return default;
    }

    private T? InRange<T>(string key, T? value, T least, T most) where T : struct, IComparable<T>
    {
        if (value is not { } number || (number.CompareTo(least) >= 0 && number.CompareTo(most) <= 0))
            return value;
        Add("CFG_BAD_VALUE", Find(key)!, string.Create(CultureInfo.InvariantCulture, $"'{key}' must be {least} to {most}; found {number}."));
        return null;
    }
}

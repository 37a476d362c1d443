namespace Temper.Ingest;

/// <summary>
/// One mapping of a configuration after <see cref="KeyCheck"/>: values of the right shape are read, others count as absent, for they are reported already.
/// Only keys of <see cref="ConfigKeys"/> can be asked for.
/// </summary>
internal sealed class ConfigSection(ConfigNode.Map map, ConfigLog log, string prefix = "")
{
    /// <summary>Where it stands.</summary>
    public ConfigNode.Map Map => map;

    /// <summary>Where problems go.</summary>
    public ConfigLog Log => log;

    /// <summary>The value of a key, or null when it is absent or null.</summary>
    public ConfigNode? Find(string key)
    {
        log.Asked.Add((ConfigKeys.Find(prefix + key) ?? throw new InvalidOperationException($"'{prefix}{key}' is not in the table of keys.")).Path);
        return map.Members.FirstOrDefault(m => m.Key == key).Value is { } value and not ConfigNode.Scalar { Value: null } ? value : null;
    }

    public bool Has(string key) => Find(key) is not null;

    public string? Text(string key) => Find(key) is ConfigNode.Scalar { Value: string text } ? text : null;

    public bool Flag(string key, bool otherwise) => Find(key) is ConfigNode.Scalar { Value: bool flag } ? flag : otherwise;

    public long? Whole(string key) => Find(key) is ConfigNode.Scalar { Value: long whole } && InRange(key, whole) ? whole : null;

    public int? Small(string key) => Whole(key) is { } whole and <= int.MaxValue ? (int)whole : null;

    public double? Number(string key) => Find(key) switch
    {
        ConfigNode.Scalar { Value: long whole } => whole,
        ConfigNode.Scalar { Value: double number } => number,
        _ => null,
    };

    /// <summary>A word of an enumeration, as written on the wire.</summary>
    public T Word<T>(string key, T otherwise) where T : struct, Enum =>
        Text(key) is { } text && Enum.TryParse<T>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var word) && text.Length > 0 && !char.IsAsciiDigit(text[0]) ? word : otherwise;

    /// <summary>A nested mapping; null when absent or of another shape.</summary>
    public ConfigSection? Section(string key) => Find(key) is ConfigNode.Map nested ? Below(nested, key) : null;

    /// <summary>A mapping found under this section.</summary>
    public ConfigSection Below(ConfigNode.Map nested, string key) => new(nested, log, $"{(ConfigKeys.Find(prefix + key) ?? throw new InvalidOperationException(key)).Path}.");

    /// <summary>A list's items; a value that is no list stands for a list of one.</summary>
    public IReadOnlyList<ConfigNode> Items(string key) => Find(key) switch
    {
        ConfigNode.Sequence list => list.Items,
        null or ConfigNode.Map => [],
        var one => [one],
    };

    /// <summary>Texts of a list, or of one text.</summary>
    public IReadOnlyList<string> Texts(string key) => [.. Items(key).OfType<ConfigNode.Scalar>().Select(s => s.Value).OfType<string>()];

    /// <summary>A mapping of names to texts.</summary>
    public SortedDictionary<string, string> Names(string key)
    {
        var names = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in (Find(key) as ConfigNode.Map)?.Members ?? [])
        {
            if (value is ConfigNode.Scalar { Value: string text })
                names[name] = text;
        }
        return names;
    }

    /// <summary>A mapping of names to numbers.</summary>
    public SortedDictionary<string, double> Numbers(string key)
    {
        var numbers = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in (Find(key) as ConfigNode.Map)?.Members ?? [])
        {
            if (value is ConfigNode.Scalar { Value: long or double } number)
                numbers[name] = Convert.ToDouble(number.Value, System.Globalization.CultureInfo.InvariantCulture);
        }
        return numbers;
    }

    /// <summary>Adds a problem about a key's value, or about the whole mapping when the key is absent.</summary>
    public void Add(string code, string key, string message, string? hint = null) => log.Add(code, Find(key) ?? map, message, hint);

    private bool InRange(string key, long value) => ConfigKeys.Find(prefix + key)!.Shape is not KeyShape.Whole range || (value >= range.Least && value <= range.Most);
}

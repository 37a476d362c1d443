namespace Temper.Ingest;

/// <summary>A configuration of datasets: <c>{$schema, version: 1, variables, defaults, datasets}</c>.</summary>
/// <param name="List">The datasets as they stand.</param>
/// <param name="Defaults">Keys for all datasets that lack them and have them at all.</param>
/// <param name="Variables">Names to texts.</param>
internal sealed record ConfigEnvelope(ConfigNode List, IReadOnlyList<KeyValuePair<string, ConfigNode>> Defaults, IReadOnlyDictionary<string, string> Variables)
{
    /// <summary>Keys of the envelope.</summary>
    public static readonly string[] Keys = ["$schema", "version", "variables", "defaults", "datasets"];

    /// <summary>The datasets; empty where the list is none.</summary>
    public IReadOnlyList<ConfigNode> Datasets => List is ConfigNode.Sequence list ? list.Items : [List];

    /// <summary>The mapping of an envelope; null for a bare list or one dataset.</summary>
    public static ConfigNode.Map? Of(ConfigNode root) => root is ConfigNode.Map map && map.Members.Any(m => m.Key is "datasets" or "version") ? map : null;

    /// <summary>Reads the envelope's own keys; null when there are no datasets.</summary>
    public static ConfigEnvelope? Read(ConfigNode.Map map, ConfigLog log)
    {
        foreach (var (key, value) in map.Members.Where(m => !Keys.Contains(m.Key)))
            log.Add("CFG_UNKNOWN_KEY", value, $"there is no key '{key}' here.", Hint(key));
        if (Value(map, "version") is { } version and not ConfigNode.Scalar { Value: 1L })
            log.Add("CFG_BAD_VALUE", version, "'version' must be 1.");
        if (Value(map, "$schema") is { } schema and not ConfigNode.Scalar { Value: string })
            log.Add("CFG_WRONG_TYPE", schema, $"'$schema' must be text; found {schema.Kind}.");
        var defaults = Mapping(map, "defaults", log);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Mapping(map, "variables", log))
            variables[name] = value is ConfigNode.Scalar { Value: string text } ? text : Wrong(name, value, log);
        if (Value(map, "datasets") is { } list)
            return new(list, defaults, variables);
        log.Add("CFG_MISSING_KEY", map, "'datasets' is missing.", "Add a list of datasets.");
        return null;
    }

    /// <summary>Most often it is a dataset's own key that stands too far out.</summary>
    private static string Hint(string key) => Nearest.To(key, [.. ConfigKeys.Under("").Select(k => k.Name)]) is { } inner
        ? $"{(inner == key ? $"'{key}' belongs" : $"Did you mean '{inner}'? It belongs")} under `datasets:` `- id: NAME`." : Nearest.Hint(key, Keys);

    /// <summary>A dataset with the defaults for what it lacks.</summary>
    public ConfigNode WithDefaults(int index) => Datasets[index] is ConfigNode.Map map
        ? map with { Members = [.. map.Members, .. Defaults.Where(d => !map.Members.Any(m => m.Key == d.Key))] } : Datasets[index];

    private static ConfigNode? Value(ConfigNode.Map map, string key) => map.Members.FirstOrDefault(m => m.Key == key).Value is { } value and not ConfigNode.Scalar { Value: null } ? value : null;

    private static IReadOnlyList<KeyValuePair<string, ConfigNode>> Mapping(ConfigNode.Map map, string key, ConfigLog log)
    {
        var value = Value(map, key);
        if (value is not null and not ConfigNode.Map)
            log.Add("CFG_WRONG_TYPE", value, $"'{key}' must be a mapping; found {value.Kind}.");
        return (value as ConfigNode.Map)?.Members ?? [];
    }

    private static string Wrong(string name, ConfigNode value, ConfigLog log)
    {
        log.Add("CFG_WRONG_TYPE", value, $"the variable '{name}' must be text; found {value.Kind}.");
        return "";
    }
}

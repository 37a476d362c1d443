using System.Collections.Frozen;

namespace Temper.Ingest;

/// <summary>Every key of a dataset's mapping.</summary>
internal static class ConfigKeys
{
    /// <summary>In the order of the documentation.</summary>
    public static readonly IReadOnlyList<ConfigKey> All =
    [
        .. PlanKeys.Of(), .. PipelineKeys.Of(), .. TextKeys.Of(), .. ImageKeys.Of(), .. CaptionKeys.Of(), .. VideoKeys.Of(), .. BackendKeys.Of(), .. StoreKeys.Of(), .. TrainerKeys.Of(),
    ];

    private static readonly FrozenDictionary<string, ConfigKey> ByPath = All.ToFrozenDictionary(k => k.Path, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, ConfigKey[]> Below = All.GroupBy(k => Parent(k.Path)).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);

    /// <summary>The key of a path; any name fits '*'. Null when there is none.</summary>
    public static ConfigKey? Find(string path) =>
        ByPath.GetValueOrDefault(path) ?? (Parent(path) is { Length: > 0 } parent ? ByPath.GetValueOrDefault(parent + ".*") : null);

    /// <summary>Keys directly below a section; "" for those of the dataset itself.</summary>
    public static IReadOnlyList<ConfigKey> Under(string section) => Below.GetValueOrDefault(section, []);

    private static string Parent(string path) => path.LastIndexOf('.') is >= 0 and var dot ? path[..dot] : "";
}

using System.Globalization;

namespace Temper.Ingest;

/// <summary>A key of a dataset's configuration, for people.</summary>
/// <param name="Key">Its name; within a section the section's name, a dot and its own.</param>
/// <param name="Fate">read, ignored (CFG_IGNORED), recipe (CFG_RECIPE_KEY) or refused (CFG_UNSUPPORTED).</param>
/// <param name="Types">Dataset types that have it.</param>
/// <param name="Backends">Backends that have it; empty for all.</param>
/// <param name="Value">What its value may be.</param>
/// <param name="Default">The value when it is absent.</param>
/// <param name="Meaning">What it does.</param>
/// <param name="Reason">Why it is ignored or refused, or its name in a recipe; empty for keys that are read.</param>
public sealed record DatasetKey(string Key, string Fate, IReadOnlyList<string> Types, IReadOnlyList<string> Backends, string Value, string Default, string Meaning, string Reason);

/// <summary>Every key that a dataset of a configuration may have.</summary>
public static class DatasetKeys
{
    /// <summary>In the order of the documentation.</summary>
    public static IReadOnlyList<DatasetKey> All { get; } = [.. ConfigKeys.All.Select(Of)];

    /// <summary>Keys of a name, whole (<c>dedup.near.threshold</c>) or its last part.</summary>
    public static IReadOnlyList<DatasetKey> Find(string name) => [.. All.Where(k => k.Key == name || k.Key.EndsWith("." + name, StringComparison.Ordinal))];

    private static DatasetKey Of(ConfigKey key) => new(
        key.Path,
        key.Fate.ToString().ToLowerInvariant(),
        [.. Enum.GetValues<DatasetType>().Where(t => (key.For & For.Of(t)) != 0).Select(KeyCheck.Word)],
        key.Backends == 0 ? [] : [.. Backend.Names.Where(b => (Backend.Of(b) & key.Backends) != 0)],
        Text(key.Shape),
        key.Default,
        key.Meaning,
        key.Reason);

    private static string Text(KeyShape shape) => shape switch
    {
        KeyShape.Text { Means.Length: > 0 } text => text.Means,
        KeyShape.Flag => "true or false",
        KeyShape.Whole { Most: >= int.MaxValue } whole => string.Create(CultureInfo.InvariantCulture, $"whole number from {whole.Least}"),
        KeyShape.Whole whole => string.Create(CultureInfo.InvariantCulture, $"whole number, {whole.Least} to {whole.Most}"),
        KeyShape.Number { Least: double.MinValue } => "number",
        KeyShape.Number number => $"number, {number.Range}",
        KeyShape.Words words => string.Join(", ", words.Allowed.Where(w => w.Length > 0)),
        KeyShape.List list => $"list of {Text(list.Item)}",
        KeyShape.Names names => $"mapping of names to {Text(names.Value)}",
        KeyShape.Either either => $"{Text(either.First)}; or {Text(either.Second)}",
        KeyShape.Section => "mapping",
        KeyShape.Secret => "{secretRef: NAME}",
        KeyShape.Any => "any value",
        _ => "text",
    };
}

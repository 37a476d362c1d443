using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Core.Plugins;

/// <summary>A plug-in that was found: its manifest and where it lies.</summary>
/// <param name="Manifest">What it says of itself.</param>
/// <param name="Folder">Its folder.</param>
public sealed record FoundPlugin(PluginManifest Manifest, string Folder);

/// <summary>Finds plug-ins and puts them in the order in which they can be registered.</summary>
public static class PluginFolder
{
    /// <summary>Plug-ins in the folders directly below <paramref name="path"/>, by name; none when there is no such folder.</summary>
    public static IReadOnlyList<FoundPlugin> Find(string path) => !Directory.Exists(path)
        ? []
        : [.. Directory.EnumerateDirectories(path)
            .Where(folder => File.Exists(Path.Combine(folder, PluginManifest.FileName)))
            .Select(folder => new FoundPlugin(PluginManifest.Read(folder), folder))
            .OrderBy(found => found.Manifest.Name, StringComparer.Ordinal)];

    /// <summary>The enabled ones, each after all that it requires.</summary>
    /// <param name="found">From <see cref="Find"/>.</param>
    /// <param name="product">Version of the product.</param>
    /// <exception cref="TemperException">All of <c>plugin_dependency_missing</c>, <c>plugin_version_clash</c> and <c>plugin_cycle</c> that hold; each names both sides.</exception>
    public static IReadOnlyList<FoundPlugin> InOrder(IReadOnlyList<FoundPlugin> found, Version product)
    {
        var enabled = found.Where(f => f.Manifest.Enabled).ToList();
        var twice = enabled.GroupBy(f => f.Manifest.Name, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select(g => new Problem("plugin_version_clash", $"Plug-in '{g.Key}' is there twice: {string.Join(" and ", g.Select(f => $"{f.Manifest.Version} in {f.Folder}"))}."));
        var problems = enabled.SelectMany(f => f.Manifest.Requires.Select(need => Unmet(f.Manifest, need, enabled, product))).OfType<Problem>().Concat(twice).ToList();
        if (problems.Count > 0)
            throw new TemperException(problems);
        return Sort(enabled);
    }

    /// <summary>Digest of all of a plug-in's files but its manifest, which changes when it is switched on or off.</summary>
    public static Digest DigestOf(FoundPlugin plugin)
    {
        var files = Directory.EnumerateFiles(plugin.Folder, "*", SearchOption.AllDirectories).Select(file => (Name: Path.GetRelativePath(plugin.Folder, file).Replace('\\', '/'), Path: file))
            .Where(file => file.Name != PluginManifest.FileName).OrderBy(file => file.Name, StringComparer.Ordinal);
        return Digest.OfText(string.Join('\n', files.Select(file => $"{file.Name} {Digest.Of(File.ReadAllBytes(file.Path))}")));
    }

    private static Problem? Unmet(PluginManifest asker, KeyValuePair<string, Version> need, List<FoundPlugin> enabled, Version product)
    {
        var has = need.Key == PluginManifest.Product ? product : enabled.Find(f => f.Manifest.Name == need.Key)?.Manifest.Version;
        if (has is null)
            return new("plugin_dependency_missing", $"Plug-in '{asker.Name}' {asker.Version} requires '{need.Key}' {need.Value}, which is not there or not enabled.");
        return has.Major == need.Value.Major && has >= need.Value
            ? null
            : new("plugin_version_clash", $"Plug-in '{asker.Name}' {asker.Version} requires '{need.Key}' {need.Value} or a later {need.Value.Major}.x, but '{need.Key}' is {has}.");
    }

    private static List<FoundPlugin> Sort(List<FoundPlugin> enabled)
    {
        var sorted = new List<FoundPlugin>();
        var left = new List<FoundPlugin>(enabled);
        while (left.Count > 0)
        {
            var ready = left.Find(f => f.Manifest.Requires.Keys.All(need => left.TrueForAll(other => other.Manifest.Name != need)))
                ?? throw new TemperException("plugin_cycle", $"Plug-ins require each other in a circle: {string.Join(", ", left.Select(f => f.Manifest.Name))}.");
            sorted.Add(ready);
            left.Remove(ready);
        }
        return sorted;
    }
}

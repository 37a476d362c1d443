using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Data;

/// <summary>NAME or NAME:VERSION as people write it; rejected versions can be named, too.</summary>
internal static class VersionName
{
    /// <summary>The version; the newest where only a name is given.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public static async Task<DatasetVersionInfo> FindAsync(RegistryClient registry, string text, CancellationToken ct)
    {
        var cut = text.IndexOf(':');
        var name = ResourceName.Parse(cut < 0 ? text : text[..cut]);
        var versions = await registry.Datasets.VersionsAsync(name, null, ct) is { Items: { Count: > 0 } all } ? all : throw new TemperException("not_found", $"There is no dataset '{name}'.", "`temper datasets` lists what exists.");
        if (cut < 0)
            return versions[0];
        if (!int.TryParse(text.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            throw new TemperException("usage", $"'{text[(cut + 1)..]}' is no number of a version.", $"Write {name}:{versions[0].Version} for the newest.");
        return await registry.Datasets.FindAsync(name, number, ct) ?? throw new TemperException("not_found", $"There is no version {number} of {name}; the newest is {versions[0].Version}.", $"`temper datasets {name}` lists what exists.");
    }
}

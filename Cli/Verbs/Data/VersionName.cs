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
        if (cut < 0)
            return await registry.Datasets.VersionsAsync(name, null, ct) is { Items: [var newest, ..] } ? newest : throw Missing(text);
        return int.TryParse(text.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && await registry.Datasets.FindAsync(name, number, ct) is { } version ? version : throw Missing(text);
    }

    private static TemperException Missing(string text) => new("not_found", $"There is no dataset '{text}'.", "`temper datasets` lists what exists.");
}

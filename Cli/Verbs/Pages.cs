using Temper.Core.Datasets;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

/// <summary>Lists of the registry, page by page.</summary>
internal static class Pages
{
    /// <summary>All items, in the order of the pages.</summary>
    public static async Task<IReadOnlyList<T>> AllAsync<T>(Func<string?, CancellationToken, Task<Page<T>>> read, CancellationToken ct)
    {
        var items = new List<T>();
        string? cursor = null;
        do
        {
            var page = await read(cursor, ct);
            items.AddRange(page.Items);
            cursor = page.NextCursor;
        } while (cursor is not null);
        return items;
    }

    /// <summary>Every record that a version set aside.</summary>
    public static Task<IReadOnlyList<QuarantineEntry>> QuarantineAsync(RegistryClient registry, DatasetVersionInfo version, CancellationToken ct) =>
        AllAsync((cursor, stop) => registry.Datasets.QuarantineAsync(version.Name, version.Version, cursor, stop), ct);
}

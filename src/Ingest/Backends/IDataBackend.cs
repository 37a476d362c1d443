using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// Where a dataset's files lie: a local folder, Azure Blob, S3, a CSV of addresses, a hub, memory, or what a plug-in brings. Reading never mixes two
/// versions of an item. One contract suite (tests/Ingest.Tests/Backends) runs on each implementation.
/// </summary>
public interface IDataBackend : IAsyncDisposable
{
    /// <summary>Address for people; holds no secret and no user information.</summary>
    string Address { get; }

    /// <summary>What the last complete listing left out on purpose, by reason (<c>symlink_outside</c>); empty where nothing was.</summary>
    IReadOnlyDictionary<string, long> LeftOut => LeftOutNothing.Counts;

    /// <summary>
    /// All items in ordinal order of <see cref="DataItem.Path"/>, each path once. An item that cannot be had (a row whose download failed, a name
    /// that cannot be stored) is listed with its <see cref="DataItem.Problem"/>, never left out: whoever builds puts it into the ledger.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>SRC_MISSING</c> (no such folder, container, bucket), <c>permission_denied</c>, <c>storage_unavailable</c>.</exception>
    IAsyncEnumerable<DataItem> ListAsync(CancellationToken ct);

    /// <summary>Opens <paramref name="length"/> bytes from <paramref name="offset"/> (null: to the end) of the listed version. A range past the end is cut.</summary>
    /// <exception cref="TemperException">Codes <c>SRC_CHANGED</c> (the item is another version now; opening or reading says so), <c>SRC_MISSING</c>
    /// (it is gone), the item's own problem, and those of <see cref="ListAsync"/>.</exception>
    Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct);
}

/// <summary>The answer of backends that list all there is.</summary>
internal static class LeftOutNothing
{
    public static readonly IReadOnlyDictionary<string, long> Counts = new Dictionary<string, long>();
}

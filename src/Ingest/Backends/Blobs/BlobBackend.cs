using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Azure;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Blobs;

namespace Temper.Ingest;

/// <summary>
/// The objects below a prefix of a container or bucket, read at the version that was listed. Objects whose names are no keys are listed with their
/// problem; the empty objects that some tools put in the place of folders are left out and counted.
/// </summary>
public sealed class BlobBackend : IDataBackend
{
    private readonly IBlobStore _store;
    private readonly Func<string, CancellationToken, IAsyncEnumerable<StoredName>> _names;
    private readonly string _prefix;
    private readonly IReadOnlyList<IDisposable> _owned;
    private Dictionary<string, long> _leftOut = [];

    /// <summary>A backend over a store.</summary>
    /// <param name="store">Reads.</param>
    /// <param name="names">Lists what is below a prefix, names that are no keys too.</param>
    /// <param name="prefix">As a folder: <c>a/b</c> stands for everything below <c>a/b/</c>; empty for all.</param>
    /// <param name="address">For people.</param>
    /// <param name="owned">Go with the backend.</param>
    internal BlobBackend(IBlobStore store, Func<string, CancellationToken, IAsyncEnumerable<StoredName>> names, string prefix, string address, params IReadOnlyList<IDisposable> owned)
    {
        (_store, _names, _owned) = (store, names, owned);
        _prefix = prefix.Trim('/') is { Length: > 0 } folder ? folder + "/" : "";
        Address = address;
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> LeftOut => _leftOut;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DataItem> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        // A service lists by UTF-8 bytes, which is not the ordinal order of strings where surrogates are.
        var (items, folders) = (new List<DataItem>(), 0L);
        await foreach (var found in GuardedAsync(_names(_prefix, ct)))
        {
            ct.ThrowIfCancellationRequested();
            var name = found.Name[_prefix.Length..];
            if (found.Size == 0 && (name.Length == 0 || name.EndsWith('/')))
                folders++;
            else
                items.Add(ItemNames.IsSafe(name) && ItemNames.IsSafe(found.Name) ? new(name, found.Size, found.ETag) : ItemNames.Refused(name, Address));
        }
        _leftOut = folders == 0 ? [] : new() { ["folder_marker"] = folders };
        items.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        foreach (var item in items)
            yield return item;
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct)
    {
        DataItem.Check(item, offset, length, ct);
        if (!ItemNames.IsSafe(_prefix + item.Path) || item.Version.Length == 0)
            throw new TemperException("SRC_NAME", $"'{item.Path}' names no object of {Address}.");
        try
        {
            return new PinnedStream(await _store.OpenAsync(BlobKey.Parse(_prefix + item.Path), offset, length, item.Version, ct), error => Translate(error, item));
        }
        catch (TemperException error)
        {
            // Some services call a condition on what is gone unmet.
            throw error.Code == "blob_changed" && await _store.FindAsync(BlobKey.Parse(_prefix + item.Path), ct) is null ? Gone(error, item) : Translate(error, item);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        return ValueTask.CompletedTask;
    }

    private TemperException Translate(TemperException error, DataItem item) => error.Code switch
    {
        "blob_changed" => LocalFiles.Changed(item.Path, Address),
        "blob_missing" => Gone(error, item),
        _ => error,
    };

    private TemperException Gone(TemperException error, DataItem item) => new("SRC_MISSING", $"'{item.Path}' is not in {Address} any more.", inner: error);

    private async IAsyncEnumerable<StoredName> GuardedAsync(IAsyncEnumerable<StoredName> names)
    {
        await using var found = names.GetAsyncEnumerator();
        while (await NextAsync(found))
            yield return found.Current;
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<StoredName> found)
    {
        try
        {
            return await found.MoveNextAsync();
        }
        catch (TemperException error) when (error.InnerException is RequestFailedException { Status: 404 } or AmazonServiceException { StatusCode: HttpStatusCode.NotFound })
        {
            throw new TemperException("SRC_MISSING", $"There is no {Address}.", inner: error);
        }
    }
}

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// Pictures that the rows of a CSV file give addresses of. Listing downloads what the cache does not have; each row is one item, <c>{sha256}.{kind}</c>
/// (with <c>-2</c>, <c>-3</c>… for later rows that give the same picture), with its caption beside it as <c>.txt</c>; two addresses with the same last part
/// are two pictures. A row that cannot be had is the item <c>row-{line}</c> with its problem. Versions are hashes of contents.
/// </summary>
public sealed class CsvBackend : IDataBackend
{
    private const int MostAtATime = 16;

    private readonly CsvSource _source;
    private readonly FetchCache _cache;
    private readonly IDisposable? _owned;
    private Dictionary<string, Place>? _places;

    /// <summary>Where an item comes from.</summary>
    private readonly record struct Place(long Line, long Offset);

    /// <summary>A row and what its address gave. Of the caption the hash is kept, and the text is read again when it is wanted: a million would fill the memory.</summary>
    private sealed record Outcome(Place Place, Problem? Fault, FetchRecord? Fetched, Digest? Caption, int CaptionSize);

    internal CsvBackend(CsvSource source, string address, FetchCache cache, IDisposable? owned) => (_source, Address, _cache, _owned) = (source, address, cache, owned);

    /// <inheritdoc/>
    public string Address { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DataItem> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var item in await ReadAsync(ct))
        {
            ct.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct)
    {
        DataItem.Check(item, offset, length, ct);
        if (!Digest.TryParse(item.Version, out var version))
            throw LocalFiles.Changed(item.Path, Address);
        if (item.Path.EndsWith(".txt", StringComparison.Ordinal))
            return await CaptionAsync(item, version, offset, length, ct);
        if (!item.Path.StartsWith(version.Hex, StringComparison.Ordinal) || !ItemNames.IsSafe(item.Path))
            throw new TemperException("SRC_NAME", $"'{item.Path}' names no picture of {Address}.");
        return await _cache.OpenAsync(version, offset, length, ct) ?? await AgainAsync(item, version, offset, length, ct);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _owned?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<List<DataItem>> ReadAsync(CancellationToken ct)
    {
        var (items, places, copies) = (new List<DataItem>(), new Dictionary<string, Place>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var (place, fault, fetched, caption, captionSize) in await FetchAsync(ct))
        {
            if ((fault ?? Refused(place, fetched!)) is { } problem)
            {
                items.Add(new(FormattableString.Invariant($"row-{place.Line:D9}"), null, "") { Problem = problem });
                continue;
            }
            var sha256 = fetched!.Sha256!.Value.Hex;
            var copy = copies[sha256] = copies.GetValueOrDefault(sha256) + 1;
            var stem = copy == 1 ? sha256 : FormattableString.Invariant($"{sha256}-{copy}");
            Add($"{stem}.{fetched.Extension}", fetched.Size, sha256);
            if (caption is { } text)
                Add($"{stem}.txt", captionSize, text.Hex);

            void Add(string path, long size, string version)
            {
                items.Add(new(path, size, version));
                places[path] = place;
            }
        }
        _places = places;
        items.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return items;
    }

    /// <summary>All rows in the file's order with what their addresses gave; each address is asked once.</summary>
    private async Task<List<Outcome>> FetchAsync(CancellationToken ct)
    {
        var asked = new ConcurrentDictionary<string, Lazy<Task<FetchRecord>>>(StringComparer.Ordinal);
        var outcomes = new ConcurrentBag<Outcome>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = MostAtATime, CancellationToken = ct };
        await Parallel.ForEachAsync(_source.EntriesAsync(ct), options, async (entry, stop) =>
        {
            var fetched = entry.Fault is null ? await asked.GetOrAdd(entry.Url, url => new(() => _cache.GetAsync(url, stop))).Value : null;
            var caption = entry.Caption is { } text ? Encoding.UTF8.GetBytes(text) : null;
            outcomes.Add(new(new(entry.Line, entry.Offset), entry.Fault, fetched, caption is null ? null : Digest.Of(caption), caption?.Length ?? 0));
        });
        return [.. outcomes.OrderBy(o => o.Place.Offset)];
    }

    private Problem? Refused(Place place, FetchRecord fetched) => fetched.Refusal?.ToProblem() is { } refusal
        ? refusal with { Message = $"Line {place.Line} of {_source.File.Path}: {refusal.Message}", File = _source.File.Path, Line = place.Line }
        : null;

    private async Task<Stream> CaptionAsync(DataItem item, Digest version, long offset, long? length, CancellationToken ct)
    {
        var entry = await EntryAsync(item, ct);
        var bytes = Encoding.UTF8.GetBytes(entry.Caption ?? "");
        if (Digest.Of(bytes) != version)
            throw LocalFiles.Changed(item.Path, Address);
        var from = (int)Math.Min(offset, bytes.Length);
        return new MemoryStream(bytes, from, (int)Math.Min(length ?? long.MaxValue, bytes.Length - from), writable: false);
    }

    /// <summary>The cache has let go of it: what the address gives now is right only if it is the same.</summary>
    private async Task<Stream> AgainAsync(DataItem item, Digest version, long offset, long? length, CancellationToken ct)
    {
        var entry = await EntryAsync(item, ct);
        var fetched = await _cache.GetAsync(entry.Url, ct);
        if (fetched.Refusal is { } refusal)
            throw new TemperException("SRC_MISSING", $"'{item.Path}' of {Address} is not in the cache any more and cannot be downloaded again: {refusal.Reason}");
        if (fetched.Sha256 != version)
            throw LocalFiles.Changed(item.Path, Address);
        return await _cache.OpenAsync(version, offset, length, ct) ?? throw new TemperException("SRC_MISSING", $"'{item.Path}' of {Address} is not in the cache any more.");
    }

    private async Task<CsvEntry> EntryAsync(DataItem item, CancellationToken ct)
    {
        if (_places is null)
            await ReadAsync(ct);
        return _places!.TryGetValue(item.Path, out var place)
            ? await _source.EntryAtAsync(place.Offset, place.Line, ct)
            : throw new TemperException("SRC_MISSING", $"No row of {Address} gives '{item.Path}' any more.");
    }
}

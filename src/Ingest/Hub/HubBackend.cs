using System.Runtime.CompilerServices;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Files of one split of a dataset repository of a hub, at one commit. Without a query they are listed as they are; with one, each Parquet or JSON-lines
/// file <c>PATH</c> is listed as <c>PATH.jsonl</c>: the rows that its filters keep, with the columns that were asked for, made while they are read. Filters are
/// applied always; of Parquet only the row groups and columns that are needed are fetched.
/// </summary>
public sealed class HubBackend : IDataBackend
{
    /// <summary>Rows beyond this are cut; no configuration takes lines as long.</summary>
    private const int LongestRow = 128 << 20;

    private readonly HubDatasets _client;
    private readonly HubListing _listing;
    private readonly RowQuery _query;
    private readonly SortedDictionary<string, HubFile> _files;

    internal HubBackend(HubDatasets client, HubListing listing, IEnumerable<HubFile> files, RowQuery query)
    {
        (_client, _listing, _query) = (client, listing, query);
        _files = new(files.ToDictionary(file => IsQueried ? file.Path + ".jsonl" : file.Path, StringComparer.Ordinal), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Address => $"hf:{_listing.Repository}@{_listing.Commit}";

    /// <summary>The commit that the revision stood for when the backend was opened: 40 hex digits. Everything is read at it.</summary>
    public string Commit => _listing.Commit;

    private bool IsQueried => _query.Columns is not null || _query.Filters.Count > 0;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DataItem> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var (path, file) in _files)
        {
            ct.ThrowIfCancellationRequested();
            yield return ItemNames.IsSafe(path) ? Item(path, file) : ItemNames.Refused(path, Address);
        }
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct)
    {
        DataItem.Check(item, offset, length, ct);
        if (!_files.TryGetValue(item.Path, out var file))
            throw new TemperException("SRC_MISSING", $"'{item.Path}' is not in {Address}.");
        if (Item(item.Path, file).Version != item.Version)
            throw LocalFiles.Changed(item.Path, Address);
        try
        {
            var stream = IsQueried ? await RowsAsync(file, offset, ct) : await _client.OpenAsync(_listing, file, offset, length, ct);
            return new PinnedStream(IsQueried && length is { } most ? new RangeStream(stream, most) : stream, HubSource.Translate);
        }
        catch (TemperException error)
        {
            throw HubSource.Translate(error);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A version is the file's digest and the query, so that another commit with the same file changes nothing.</summary>
    private DataItem Item(string path, HubFile file)
    {
        var digest = file.Sha256 ?? file.BlobId ?? _listing.Commit;
        if (!IsQueried)
            return new(path, file.Size, digest);
        var query = string.Join('\n', [string.Join(',', _query.Columns ?? ["*"]), .. _query.Filters.Select(filter => filter.ToString())]);
        return new(path, null, $"{digest}.{Digest.Of(Encoding.UTF8.GetBytes(query)).Hex[..16]}") { Problem = Refusal(file) };
    }

    private static Problem? Refusal(HubFile file) => file.Path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) || IsLines(file)
        ? null
        : new("SRC_UNSUPPORTED", $"'{file.Path}' is neither Parquet nor JSON lines (plain, .gz or .zst), so columns and filters cannot be applied to its rows.") { File = file.Path, Hint = "Leave columns and filters out, or name other files under data_files." };

    private static bool IsLines(HubFile file) => HubSplits.KindOf(file.Path) is ".jsonl" or ".ndjson" or ".json";

    private async Task<Stream> RowsAsync(HubFile file, long offset, CancellationToken ct)
    {
        if (IsLines(file))
            return new JsonRowStream(await _client.OpenAsync(_listing, file, 0, null, ct), file.Path, _query, offset, LongestRow);
        var size = file.Size ?? throw new TemperException("hub_answer_invalid", $"{Address} does not say how large '{file.Path}' is.");
        var source = new RangeSource(file.Path, size, (from, length, stop) => _client.OpenAsync(_listing, file, from, length, stop));
        var parquet = await ParquetFile.OpenAsync(source, ct);
        return new ParquetRowStream(parquet.Read(_query, 0, LongestRow), offset);
    }
}

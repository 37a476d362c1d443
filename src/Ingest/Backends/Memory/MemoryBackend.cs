using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// The tier in front of slower ones: files in memory, up to a number of bytes. What was not read for the longest time leaves first; an item that has
/// left is missing, and whoever caches makes it again. Versions are hashes of contents.
/// </summary>
public sealed class MemoryBackend : IDataBackend
{
    /// <summary>Key <c>memory_bytes</c>, default 256 MiB. The backend begins empty.</summary>
    public static readonly DataBackendKind Kind = new("memory", (request, _) => Task.FromResult<IDataBackend>(new MemoryBackend(request.Settings.Number("memory_bytes") ?? DefaultBytes)))
    {
        Keys = [new("memory_bytes", BackendKeyKind.Number)],
    };

    private const long DefaultBytes = 256L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = [];
    private readonly long _most;
    private long _bytes, _evicted;

    private sealed record Entry(string Path, byte[] Content, string Version);

    /// <summary>An empty tier.</summary>
    /// <param name="most">Bytes of content that it keeps, 0 and up.</param>
    public MemoryBackend(long most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        _most = most;
    }

    /// <inheritdoc/>
    public string Address => "memory";

    /// <summary>Items that had to leave, by reason <c>evicted</c>.</summary>
    public IReadOnlyDictionary<string, long> LeftOut
    {
        get
        {
            lock (_lock)
                return _evicted == 0 ? LeftOutNothing.Counts : new Dictionary<string, long> { ["evicted"] = _evicted };
        }
    }

    /// <summary>Puts a file in, over an earlier one of that path. One that is larger than the whole tier is not kept.</summary>
    /// <exception cref="TemperException">Code <c>SRC_NAME</c>.</exception>
    public void Put(string path, ReadOnlyMemory<byte> content)
    {
        if (!ItemNames.IsSafe(path))
            throw new TemperException("SRC_NAME", "That name cannot be stored safely.");
        var entry = new Entry(path, content.ToArray(), Digest.Of(content.Span).Hex);
        lock (_lock)
        {
            Remove(path);
            _entries[path] = _byUse.AddLast(entry);
            _bytes += entry.Content.Length;
            while (_bytes > _most)
            {
                Remove(_byUse.First!.Value.Path);
                _evicted++;
            }
        }
    }

    /// <summary>Takes a file out; false when there was none.</summary>
    public bool Remove(string path)
    {
        lock (_lock)
        {
            if (!_entries.Remove(path, out var node))
                return false;
            _byUse.Remove(node);
            _bytes -= node.Value.Content.Length;
            return true;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DataItem> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        DataItem[] items;
        lock (_lock)
            items = [.. _byUse.Select(e => new DataItem(e.Path, e.Content.Length, e.Version)).OrderBy(i => i.Path, StringComparer.Ordinal)];
        foreach (var item in items)
        {
            ct.ThrowIfCancellationRequested();
            yield return item;
        }
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct)
    {
        DataItem.Check(item, offset, length, ct);
        lock (_lock)
        {
            if (!_entries.TryGetValue(item.Path, out var node))
                throw new TemperException("SRC_MISSING", $"'{item.Path}' is not in memory any more.");
            if (node.Value.Version != item.Version)
                throw LocalFiles.Changed(item.Path, Address);
            _byUse.Remove(node);
            _byUse.AddLast(node);
            var content = node.Value.Content;
            var from = (int)Math.Min(offset, content.Length);
            return Task.FromResult<Stream>(new MemoryStream(content, from, (int)Math.Min(length ?? long.MaxValue, content.Length - from), writable: false));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

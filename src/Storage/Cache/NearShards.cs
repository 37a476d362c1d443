using System.Diagnostics.Metrics;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Storage.Cache;

/// <summary>
/// The disk between memory and a blob store that is far away: whole shards, as they were fetched, up to so many bytes; beyond that the oldest go. It holds
/// nothing that the far store has not, so losing it costs time alone, and a full disk only means that nothing is kept. Safe from any thread.
/// </summary>
/// <param name="store">A folder of this machine.</param>
/// <param name="most">Bytes to keep.</param>
public sealed class NearShards(IBlobStore store, long most) : IDisposable
{
    private static readonly Meter Meter = new("Temper.Storage");
    private static readonly Counter<long> Evictions = Meter.CreateCounter<long>("temper.cache.evictions", "{shard}", "Shards that left this machine's disk to make room.");

    private readonly SemaphoreSlim _door = new(1);
    private SortedDictionary<string, BlobInfo>? _kept;
    private long _bytes;

    /// <summary>The bytes of a shard; null when it is not here.</summary>
    public async Task<byte[]?> FindAsync(BlobKey shard, CancellationToken ct)
    {
        try
        {
            await using var stream = await store.OpenAsync(shard, 0, null, null, ct);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, ct);
            return bytes.ToArray();
        }
        catch (TemperException error) when (error.Code == "blob_missing")
        {
            return null;
        }
    }

    /// <summary>Keeps a shard.</summary>
    public async Task KeepAsync(BlobKey shard, byte[] bytes, CancellationToken ct)
    {
        await _door.WaitAsync(ct);
        try
        {
            await LearnAsync(ct);
            using var content = new MemoryStream(bytes, writable: false);
            if (bytes.Length > most || await store.CreateAsync(shard, content, ct) is not { } kept)
                return;
            Add(kept);
            while (_bytes > most && _kept!.Count > 1)
            {
                await DropOldestAsync(ct);
                Evictions.Add(1);
            }
        }
        catch (TemperException error) when (error.Kind == ErrorKind.Environment)
        {
            // A disk that is full or read-only keeps nothing; the far store still has it all.
        }
        finally
        {
            _door.Release();
        }
    }

    /// <summary>Removes a shard that is damaged.</summary>
    public async Task DropAsync(BlobKey shard, CancellationToken ct)
    {
        await _door.WaitAsync(ct);
        try
        {
            await LearnAsync(ct);
            if (_kept!.FirstOrDefault(k => k.Value.Key == shard) is { Value: { } info } found)
                Forget(found.Key, info);
            await store.DeleteAsync(shard, null, ct);
        }
        finally
        {
            _door.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _door.Dispose();

    private async Task DropOldestAsync(CancellationToken ct)
    {
        var (name, oldest) = _kept!.First();
        Forget(name, oldest);
        await store.DeleteAsync(oldest.Key, null, ct);
    }

    private async Task LearnAsync(CancellationToken ct)
    {
        if (_kept is not null)
            return;
        _kept = new(StringComparer.Ordinal);
        await foreach (var shard in store.ListAsync("cache/", ct))
            Add(shard);
    }

    private void Add(BlobInfo shard)
    {
        if (_kept!.TryAdd(Age(shard.Key), shard))
            _bytes += shard.Size;
    }

    private void Forget(string name, BlobInfo shard)
    {
        _kept!.Remove(name);
        _bytes -= shard.Size;
    }

    /// <summary>Names end in a ULID, which begins with the time.</summary>
    private static string Age(BlobKey shard) => $"{shard.ToString()[(shard.ToString().LastIndexOf('/') + 1)..]} {shard}";
}

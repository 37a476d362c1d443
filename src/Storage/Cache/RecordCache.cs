using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Temper.Core.Blobs;
using Temper.Core.Ids;

namespace Temper.Storage.Cache;

/// <summary>
/// Values derived from records (tokens, embeddings), kept under <c>cache/{kind}/{space}/</c> so that they are made once. The space is the digest of all
/// that the value depends on besides the record: model, tokenizer, template. Losing or damaging a cache costs time, never correctness. Several
/// processes may append; each sees what was there when it opened. Safe from any thread.
/// </summary>
public sealed class RecordCache
{
    private static readonly Meter Meter = new("Temper.Storage");
    private static readonly Counter<long> HitCounter = Meter.CreateCounter<long>("temper.cache.hits", "{value}", "Values found in a record cache.");
    private static readonly Counter<long> MissCounter = Meter.CreateCounter<long>("temper.cache.misses", "{value}", "Values not found in a record cache.");
    private static readonly Counter<long> CorruptCounter = Meter.CreateCounter<long>("temper.cache.corrupt", "{value}", "Values or shards of a record cache that failed their checksum.");

    private static readonly string[] TierNames = ["memory", "disk", "blob"];

    private readonly IBlobStore _blobs;
    private readonly string _kind;
    private readonly Digest _space;
    private readonly TimeProvider _clock;
    private readonly ShardReader _reader;
    private readonly ConcurrentDictionary<Digest, (BlobKey Shard, ShardPlace Place)[]> _places = new();
    private long _hits, _misses, _corrupt;

    private RecordCache(IBlobStore blobs, string kind, Digest space, TimeProvider clock, NearShards? near)
    {
        (_blobs, _kind, _space, _clock) = (blobs, kind, space, clock);
        _reader = new(blobs, near);
    }

    /// <summary>Opens the cache of one kind and space; reads the indexes of its shards. <paramref name="near"/> keeps fetched shards on this machine.</summary>
    public static async Task<RecordCache> OpenAsync(IBlobStore blobs, string kind, Digest space, TimeProvider clock, CancellationToken ct, NearShards? near = null)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var cache = new RecordCache(blobs, kind, space, clock, near);
        await foreach (var shard in blobs.ListAsync($"cache/{kind}/{space.Hex}/", ct))
        {
            if (await cache._reader.IndexAsync(shard, ct) is { } places)
                cache.Learn(shard.Key, places);
            else
                cache.CountCorrupt();
        }
        return cache;
    }

    /// <summary>Since opening.</summary>
    public CacheCounts Counts => new(Interlocked.Read(ref _hits), Interlocked.Read(ref _misses), Interlocked.Read(ref _corrupt));

    /// <summary>Whether a value was kept for <paramref name="record"/>. Reading it may still find it damaged.</summary>
    public bool Contains(Digest record) => _places.ContainsKey(record);

    /// <summary>The value, or null when there is none or it is damaged; a damaged one counts as corrupt and can be appended anew.</summary>
    public async Task<ReadOnlyMemory<byte>?> TryGetAsync(Digest record, CancellationToken ct)
    {
        while (_places.TryGetValue(record, out var found))
        {
            if (await _reader.ValueAsync(found[^1].Shard, record, found[^1].Place, ct) is { } hit)
            {
                Interlocked.Increment(ref _hits);
                HitCounter.Add(1, new("kind", _kind), new("tier", TierNames[(int)hit.Tier]));
                return hit.Value;
            }
            // Two processes may have kept the same value: another copy may be sound.
            if (found.Length == 1 ? _places.TryRemove(KeyValuePair.Create(record, found)) : _places.TryUpdate(record, found[..^1], found))
                CountCorrupt();
        }
        Interlocked.Increment(ref _misses);
        MissCounter.Add(1, new KeyValuePair<string, object?>("kind", _kind));
        return null;
    }

    /// <summary>Keeps values; those already kept are skipped. Durable on return. Append in batches of hundreds: each call is at least one blob.</summary>
    /// <exception cref="ArgumentException">A value over 8 MiB.</exception>
    public async Task AppendAsync(IReadOnlyCollection<CacheEntry> batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Any(e => e.Value.Length > ShardFormat.Largest))
            throw new ArgumentException($"A cached value has at most {ShardFormat.Largest} bytes.", nameof(batch));
        var shard = new List<CacheEntry>();
        long size = 0;
        foreach (var entry in batch.DistinctBy(e => e.Record).Where(e => !Contains(e.Record)))
        {
            shard.Add(entry);
            size += entry.Value.Length + ShardFormat.RowSize;
            if (size < ShardFormat.Largest)
                continue;
            await WriteAsync(shard, ct);
            (shard, size) = ([], 0);
        }
        if (shard.Count > 0)
            await WriteAsync(shard, ct);
    }

    private async Task WriteAsync(List<CacheEntry> shard, CancellationToken ct)
    {
        var places = new List<(Digest, ShardPlace)>();
        var bytes = ShardFormat.Encode(shard, places);
        var key = BlobLayout.Cache(_kind, $"{_space.Hex}/{Ulid.New(_clock)}");
        using var content = new MemoryStream(bytes, writable: false);
        if (await _blobs.CreateAsync(key, content, ct) is not null)
            Learn(key, places);
    }

    private void Learn(BlobKey shard, List<(Digest Record, ShardPlace Place)> places)
    {
        foreach (var (record, place) in places)
            _places.AddOrUpdate(record, _ => [(shard, place)], (_, known) => [.. known, (shard, place)]);
    }

    private void CountCorrupt()
    {
        Interlocked.Increment(ref _corrupt);
        CorruptCounter.Add(1, new KeyValuePair<string, object?>("kind", _kind));
    }
}

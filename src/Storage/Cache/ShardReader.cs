using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Storage.Cache;

/// <summary>Fetches shards; keeps the last few in memory, since neighbours are asked for together.</summary>
internal sealed class ShardReader(IBlobStore blobs, NearShards? near)
{
    private const int MostBytes = 64 << 20;

    private readonly Lock _door = new();
    private readonly Dictionary<BlobKey, byte[]> _kept = [];
    private readonly Queue<BlobKey> _order = new();
    private long _bytes;

    /// <summary>Index of a shard; null when it is not sound or gone.</summary>
    public async Task<List<(Digest Record, ShardPlace Place)>?> IndexAsync(BlobInfo shard, CancellationToken ct)
    {
        if (shard.Size < ShardFormat.HeaderSize + ShardFormat.TrailerSize)
            return null;
        if (await ReadAsync(shard.Key, shard.Size - ShardFormat.TrailerSize, ShardFormat.TrailerSize, ct) is not { } trailer
            || ShardFormat.IndexSize(trailer, shard.Size) is not { } size)
            return null;
        return await ReadAsync(shard.Key, shard.Size - ShardFormat.TrailerSize - size, size, ct) is { } index
            ? ShardFormat.Index(index, trailer, shard.Size) : null;
    }

    /// <summary>A value and where it was found; null when it does not pass its check or is gone.</summary>
    public async Task<(ReadOnlyMemory<byte> Value, Tier Tier)?> ValueAsync(BlobKey shard, Digest record, ShardPlace place, CancellationToken ct)
    {
        if (Kept(shard) is { } kept && Sound(kept, record, place) is { } inMemory)
            return (inMemory, Tier.Memory);
        if (near is not null && await near.FindAsync(shard, ct) is { } copy)
        {
            if (Sound(copy, record, place) is { } onDisk)
            {
                Keep(shard, copy);
                return (onDisk, Tier.Disk);
            }
            await near.DropAsync(shard, ct);
        }
        if (await FetchAsync(shard, ct) is not { } fetched || Sound(fetched, record, place) is not { } value)
            return null;
        Keep(shard, fetched);
        if (near is not null)
            await near.KeepAsync(shard, fetched, ct);
        return (value, Tier.Blob);
    }

    private static ReadOnlyMemory<byte>? Sound(byte[] shard, Digest record, ShardPlace place)
    {
        if (place.Offset + place.Length > shard.Length)
            return null;
        // Typed as nullable: null alone would turn into an empty memory here.
        ReadOnlyMemory<byte>? value = shard.AsMemory((int)place.Offset, place.Length);
        return ShardFormat.CheckOf(record, value.Value.Span) == place.Check ? value : null;
    }

    private byte[]? Kept(BlobKey key)
    {
        lock (_door)
            return _kept.GetValueOrDefault(key);
    }

    private void Keep(BlobKey key, byte[] bytes)
    {
        lock (_door)
        {
            if (_kept.TryGetValue(key, out var old))
                _bytes -= old.Length;
            else
                _order.Enqueue(key);
            _kept[key] = bytes;
            _bytes += bytes.Length;
            while (_bytes > MostBytes && _order.Count > 1 && _kept.Remove(_order.Dequeue(), out var dropped))
                _bytes -= dropped.Length;
        }
    }

    private async Task<byte[]?> FetchAsync(BlobKey key, CancellationToken ct)
    {
        var found = await blobs.FindAsync(key, ct);
        // A shard of ours has one value of the largest size at most beyond its limit.
        return found is null || found.Size > 3L * ShardFormat.Largest ? null : await ReadAsync(key, 0, (int)found.Size, ct);
    }

    private async Task<byte[]?> ReadAsync(BlobKey key, long offset, int length, CancellationToken ct)
    {
        try
        {
            var bytes = new byte[length];
            await using var stream = await blobs.OpenAsync(key, offset, length, null, ct);
            return await stream.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, ct) == length ? bytes : null;
        }
        catch (TemperException error) when (error.Code == "blob_missing")
        {
            return null;
        }
    }
}

/// <summary>Where a value was found.</summary>
internal enum Tier
{
    Memory,
    Disk,
    Blob,
}

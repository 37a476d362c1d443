using Temper.Core.Blobs;
using Temper.Core.Ids;

namespace Temper.Storage.Cache;

/// <summary>One derived thing to keep.</summary>
/// <param name="Record">Digest of the record that it was derived from.</param>
/// <param name="Value">Its bytes.</param>
public readonly record struct CacheEntry(Digest Record, ReadOnlyMemory<byte> Value);

/// <summary>How a cache has served since it was opened.</summary>
/// <param name="Hits">Values that were there.</param>
/// <param name="Misses">Values that were not.</param>
/// <param name="Corrupt">Values or shards that were there but did not pass their checksum; each counts as a miss too.</param>
public sealed record CacheCounts(long Hits, long Misses, long Corrupt);

/// <summary>
/// Values derived from records (tokens, embeddings), kept under <c>cache/{kind}/{space}/</c> so that they are made once. The space is the digest of all
/// that the value depends on besides the record: model, tokenizer, template. Losing or damaging a cache costs time, never correctness. Several
/// processes may append; each sees what was there when it opened. Safe from any thread.
/// </summary>
public sealed class RecordCache
{
    /// <summary>Opens the cache of one kind and space; reads the indexes of its shards.</summary>
    public static Task<RecordCache> OpenAsync(IBlobStore blobs, string kind, Digest space, TimeProvider clock, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Since opening.</summary>
    public CacheCounts Counts => throw new NotSupportedException("not filled in yet");

    /// <summary>Whether a value was kept for <paramref name="record"/>. Reading it may still find it damaged.</summary>
    public bool Contains(Digest record) => throw new NotSupportedException("not filled in yet");

    /// <summary>The value, or null when there is none or it is damaged.</summary>
    public Task<ReadOnlyMemory<byte>?> TryGetAsync(Digest record, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Keeps values; those already kept are skipped. Durable on return. Append in batches of hundreds: each call is one blob.</summary>
    public Task AppendAsync(IReadOnlyCollection<CacheEntry> batch, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}

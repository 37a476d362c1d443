using Temper.Core.Ids;

namespace Temper.Storage.Cache;

/// <summary>One derived thing to keep.</summary>
/// <param name="Record">Digest of the record that it was derived from.</param>
/// <param name="Value">Its bytes, at most 8 MiB.</param>
public readonly record struct CacheEntry(Digest Record, ReadOnlyMemory<byte> Value);

/// <summary>How a cache has served since it was opened.</summary>
/// <param name="Hits">Values that were there.</param>
/// <param name="Misses">Values that were not.</param>
/// <param name="Corrupt">Values or shards that were there but did not pass their checksum; each counts as a miss too.</param>
public sealed record CacheCounts(long Hits, long Misses, long Corrupt);

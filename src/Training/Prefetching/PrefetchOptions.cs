namespace Temper.Training.Prefetching;

/// <summary>How far batches are prepared ahead.</summary>
/// <param name="Batches">Most batches that are prepared or waiting, 1 and up.</param>
/// <param name="Bytes">Most bytes of them; null: no limit. One batch is always allowed.</param>
/// <param name="Producers">Batches prepared at the same time, 1 and up.</param>
public sealed record PrefetchOptions(int Batches = 10, long? Bytes = null, int Producers = 2);

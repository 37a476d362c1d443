namespace Temper.Training.Sampling;

/// <summary>One item of a batch.</summary>
/// <param name="Dataset">Index in the mix.</param>
/// <param name="Bucket">Index in the dataset.</param>
/// <param name="Item">Index in the bucket.</param>
/// <param name="Pass">0-based pass over the bucket, counted through all epochs.</param>
/// <param name="Padding">Whether it only fills the batch up: it was, or will be, seen in this pass by itself.</param>
public readonly record struct Sample(int Dataset, int Bucket, long Item, long Pass, bool Padding = false);

/// <summary>The items of one optimizer step, in their order; filled again and again by <see cref="Sampler.Next"/>.</summary>
/// <param name="size">Most items: <see cref="Mix.Batch"/>.</param>
public sealed class GlobalBatch(int size)
{
    private readonly Sample[] _rows = new Sample[size];

    /// <summary>0-based optimizer step.</summary>
    public int Step { get; internal set; }

    /// <summary>0-based epoch.</summary>
    public int Epoch { get; internal set; }

    /// <summary>Items; fewer than the size where an epoch ends.</summary>
    public int Count { get; internal set; }

    /// <summary>All items.</summary>
    public ReadOnlySpan<Sample> Rows => _rows.AsSpan(0, Count);

    /// <summary>The part of one of <paramref name="ranks"/> processes: rows rank·count/ranks and on, so that the parts laid end to end are the batch.</summary>
    public ReadOnlySpan<Sample> OfRank(int rank, int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        var begin = (int)((long)rank * Count / ranks);
        return _rows.AsSpan(begin, (int)((rank + 1L) * Count / ranks) - begin);
    }

    internal void Add(Sample sample) => _rows[Count++] = sample;
}

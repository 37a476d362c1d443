using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>One file of a dataset, as its backend lists it.</summary>
/// <param name="Path">Segments joined by <c>/</c>, by the rules of a blob key; unique within its backend.</param>
/// <param name="Size">Bytes; null where the backend learns it by reading.</param>
/// <param name="Version">Opaque; changes whenever the content may have changed. Empty for an item with a <see cref="Problem"/>.</param>
public sealed record DataItem(string Path, long? Size, string Version)
{
    /// <summary>Why the item cannot be had, with file and line of its mention (row 12 of the CSV); null for one that can. Opening such an item throws this.</summary>
    public Problem? Problem { get; init; }

    /// <summary>What every backend checks before it opens an item: the arguments, and that the item can be had at all.</summary>
    /// <exception cref="TemperException">The item's problem.</exception>
    public static void Check(DataItem item, long offset, long? length, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        ct.ThrowIfCancellationRequested();
        item.ThrowIfFailed();
    }

    /// <summary>Throws <see cref="Problem"/> where there is one.</summary>
    /// <exception cref="TemperException">The item's problem.</exception>
    public void ThrowIfFailed()
    {
        if (Problem is { } problem)
            throw new TemperException([problem]);
    }
}

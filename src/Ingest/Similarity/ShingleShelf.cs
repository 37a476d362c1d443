using System.Runtime.CompilerServices;

namespace Temper.Ingest;

/// <summary>Shingles at hand: the last ones that were used, up to so many bytes; others are read. Whatever fits, the same comes out.</summary>
/// <param name="sketches">By which it is known how much a record's shingles take.</param>
/// <param name="read">Reads them.</param>
/// <param name="memory">Bytes that stay from batch to batch, and that one round of reading takes.</param>
internal sealed class ShingleShelf(SketchTable sketches, ReadShingles read, long memory)
{
    private readonly Dictionary<int, Shingles> _shelf = [];
    private readonly Queue<int> _oldest = new();
    private long _held;

    /// <summary>Bytes that a record's shingles take.</summary>
    public static long SizeOf(ReadOnlySpan<byte> sketch) => 96 + (4 * ShingleSketch.Count(sketch));

    /// <summary>Shingles of a batch's records.</summary>
    public async Task<Dictionary<int, Shingles>> ReadBatchAsync(IReadOnlyList<int> records, CancellationToken ct)
    {
        var batch = new Dictionary<int, Shingles>(records.Count);
        await FillAsync(batch, records, ct).ConfigureAwait(false);
        return batch;
    }

    /// <summary>Shingles of many records, which ascend, as many at a time as memory has room for, each time with the last of them.</summary>
    public async IAsyncEnumerable<(Dictionary<int, Shingles> Shingles, int UpTo)> RoundsAsync(IReadOnlyList<int> records, [EnumeratorCancellation] CancellationToken ct)
    {
        for (int from = 0, to; from < records.Count; from = to)
        {
            var held = 0L;
            for (to = from; to < records.Count && (to == from || held < memory); to++)
                held += SizeOf(sketches[records[to]]);
            var round = new Dictionary<int, Shingles>(to - from);
            await FillAsync(round, [.. records.Skip(from).Take(to - from)], ct).ConfigureAwait(false);
            yield return (round, records[to - 1]);
        }
    }

    /// <summary>Shingles of one record of a batch.</summary>
    public async ValueTask<Shingles> FindAsync(Dictionary<int, Shingles> batch, int record, CancellationToken ct)
    {
        if (batch.TryGetValue(record, out var found))
            return found;
        return batch[record] = (await read([record], ct).ConfigureAwait(false))[0];
    }

    private async Task FillAsync(Dictionary<int, Shingles> into, IReadOnlyList<int> records, CancellationToken ct)
    {
        List<int> missing = [];
        foreach (var record in records)
        {
            if (_shelf.TryGetValue(record, out var shingles))
                into[record] = shingles;
            else
                missing.Add(record);
        }
        if (missing.Count == 0)
            return;
        var made = await read(missing, ct).ConfigureAwait(false);
        for (var i = 0; i < made.Length; i++)
        {
            into[missing[i]] = made[i];
            Keep(missing[i], made[i]);
        }
    }

    /// <summary>Puts shingles where the next batch finds them.</summary>
    private void Keep(int record, Shingles shingles)
    {
        if (!_shelf.TryAdd(record, shingles))
            return;
        _oldest.Enqueue(record);
        for (_held += shingles.Size; _held > memory && _oldest.Count > 0;)
        {
            if (_shelf.Remove(_oldest.Dequeue(), out var gone))
                _held -= gone.Size;
        }
    }
}

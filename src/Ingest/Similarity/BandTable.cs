using System.Collections;

namespace Temper.Ingest;

/// <summary>
/// Band keys of all records, four bytes each, and the lookup over them in the same memory: first every key gives way to the number of its group (0 where
/// nobody shares it), then, record by record, to a link to the record that was kept before it. A million records of 20 bands take 80 MB and, where all of
/// them have a partner, half as much again.
/// </summary>
internal sealed class BandTable(int records, int bands)
{
    // Of a group's records the first ones are compared: more of them could only be found by reading all pairs of a boilerplate.
    private const int PerGroup = 64;

    private readonly uint[][] _columns = [.. Enumerable.Range(0, bands).Select(_ => new uint[records])];
    private readonly int[][] _heads = new int[bands][];
    private readonly byte[][] _counts = new byte[bands][];

    /// <summary>Records so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the next record's keys.</summary>
    public void Add(ReadOnlySpan<uint> keys)
    {
        for (var band = 0; band < bands; band++)
            _columns[band][Count] = keys[band];
        Count++;
    }

    /// <summary>Ends adding: finds the records that share a key with another one. Sorted arrays, a band at a time.</summary>
    public BitArray Group(CancellationToken ct)
    {
        var (shared, order) = (new BitArray(Count), new ulong[Count]);
        for (var band = 0; band < bands; band++)
        {
            ct.ThrowIfCancellationRequested();
            var column = _columns[band];
            for (var i = 0; i < Count; i++)
                order[i] = ((ulong)column[i] << 32) | (uint)i;
            Array.Sort(order);
            var groups = 0u;
            for (int from = 0, to; from < Count; from = to)
            {
                for (to = from + 1; to < Count && order[to] >> 32 == order[from] >> 32; to++)
                {
                }
                if (to - from > 1)
                    groups++;
                for (var i = from; i < to; i++)
                {
                    var record = (int)(order[i] & 0x7FFF_FFFF);
                    column[record] = to - from > 1 ? groups : 0;
                    shared[record] |= to - from > 1;
                }
            }
            (_heads[band], _counts[band]) = (new int[groups + 1], new byte[groups + 1]);
        }
        return shared;
    }

    /// <summary>Adds the kept records that share a key with <paramref name="record"/>, which itself is neither kept nor passed over yet.</summary>
    public void FindKept(int record, HashSet<int> into)
    {
        for (var band = 0; band < bands; band++)
        {
            var column = _columns[band];
            if (column[record] is not (> 0 and var group))
                continue;
            for (var kept = _heads[band][group]; kept > 0; kept = (int)column[kept - 1])
                into.Add(kept - 1);
        }
    }

    /// <summary>Lets later records find this one.</summary>
    public void Keep(int record)
    {
        for (var band = 0; band < bands; band++)
        {
            var column = _columns[band];
            if (column[record] is not (> 0 and var group) || _counts[band][group] == PerGroup)
                continue;
            column[record] = (uint)_heads[band][group];
            _heads[band][group] = record + 1;
            _counts[band][group]++;
        }
    }
}

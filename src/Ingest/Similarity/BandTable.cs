using System.Collections;

namespace Temper.Ingest;

/// <summary>
/// Band keys of all records, four bytes each, and the lookup over them in the same memory: first every key gives way to the first record that has it (0 where
/// nobody shares it), then, record by record, to a link to the record that was kept before it; the first record's own place holds the last one that was kept.
/// A million records of 20 bands take 80 MB, whatever they share.
/// </summary>
internal sealed class BandTable(int records, int bands)
{
    // Of a group's records the first ones are compared: more of them could only be found by reading all pairs of a boilerplate.
    private const int PerGroup = 64;

    private const uint Full = 0x8000_0000;
    private readonly uint[][] _columns = [.. Enumerable.Range(0, bands).Select(_ => new uint[records])];

    /// <summary>Records so far.</summary>
    public int Count { get; private set; }

    /// <summary>Keys of a record.</summary>
    public int Bands => bands;

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
        var (shared, sort) = (new BitArray(Count), new KeySort(Count));
        for (var band = 0; band < bands; band++)
        {
            ct.ThrowIfCancellationRequested();
            var column = _columns[band];
            var order = sort.Values;
            for (var i = 0; i < Count; i++)
                order[i] = ((ulong)column[i] << 32) | (uint)i;
            sort.Sort(Count);
            Link(column, sort.Values, shared);
        }
        return shared;
    }

    /// <summary>The group of a record that was not taken yet: what the records that share its key in a band have in common; 0 where none does.</summary>
    public uint GroupOf(int record, int band) => _columns[band][record];

    /// <summary>Adds the kept records from <paramref name="from"/> to <paramref name="to"/> (not included) that share a key with <paramref name="record"/>, which was not taken yet; some more than once.</summary>
    public void FindKept(int record, int from, int to, List<int> into)
    {
        foreach (var column in _columns)
        {
            // A first record that was not taken yet has nobody behind it.
            if (column[record] is not (> 0 and var group) || (int)group - 1 is var first && (first == record || first >= to))
                continue;
            for (var kept = column[first] & ~Full; kept > from; kept = column[kept - 1])
            {
                into.Add((int)kept - 1);
                if (kept == group)
                    break;
            }
        }
    }

    /// <summary>Takes a record that later ones are to find.</summary>
    public void Keep(int record)
    {
        foreach (var column in _columns)
        {
            if (column[record] is not (> 0 and var group) || (int)group - 1 is var first && (first == record || (column[first] & Full) != 0))
                continue;
            (column[record], column[first]) = (column[first], (uint)record + 1);
            if (Length(column, group) == PerGroup)
                column[first] |= Full;
        }
    }

    /// <summary>Takes a record that later ones are not to find.</summary>
    public void PassOver(int record)
    {
        foreach (var column in _columns)
        {
            if (column[record] == (uint)record + 1)
                column[record] = 0;
        }
    }

    private static int Length(uint[] column, uint group)
    {
        var length = 0;
        for (var kept = column[group - 1]; kept > 0; kept = column[kept - 1])
        {
            length++;
            if (kept == group)
                break;
        }
        return length;
    }

    private void Link(uint[] column, ReadOnlySpan<ulong> order, BitArray shared)
    {
        for (int from = 0, to; from < Count; from = to)
        {
            for (to = from + 1; to < Count && order[to] >> 32 == order[from] >> 32; to++)
            {
            }
            var group = to - from > 1 ? (uint)(order[from] & 0x7FFF_FFFF) + 1 : 0;
            for (var i = from; i < to; i++)
            {
                var record = (int)(order[i] & 0x7FFF_FFFF);
                column[record] = group;
                shared[record] |= group > 0;
            }
        }
    }
}

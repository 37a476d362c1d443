using System.Collections;

namespace Temper.Ingest;

/// <summary>
/// Foresees which records of a batch will be compared with another of the same batch, so that their shingles are made together on all threads. It only saves
/// time: what it overlooks is read when it is asked for.
/// </summary>
internal sealed class BatchPartners(BandTable table, SketchTable sketches, double threshold)
{
    private const int LooksBack = 4;

    /// <summary>By its place in the batch, whether a record has a partner there.</summary>
    public BitArray Find(List<int> batch, int threads, CancellationToken ct)
    {
        var found = new bool[table.Bands][];
        Parallel.For(0, table.Bands, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct }, band => found[band] = InBand(batch, band));
        var all = new BitArray(batch.Count);
        foreach (var band in found)
            all.Or(new BitArray(band));
        return all;
    }

    private bool[] InBand(List<int> batch, int band)
    {
        var (found, order) = (new bool[batch.Count], new ulong[batch.Count]);
        for (var i = 0; i < order.Length; i++)
            order[i] = ((ulong)table.GroupOf(batch[i], band) << 32) | (uint)i;
        Array.Sort(order);
        for (var i = 1; i < order.Length; i++)
        {
            if (order[i] >> 32 is not (> 0 and var group))
                continue;
            var later = (int)(order[i] & 0x7FFF_FFFF);
            for (var j = i - 1; j >= 0 && i - j <= LooksBack && order[j] >> 32 == group; j--)
            {
                var earlier = (int)(order[j] & 0x7FFF_FFFF);
                if (ShingleSketch.CanReach(sketches[batch[later]], sketches[batch[earlier]], threshold))
                    found[later] = found[earlier] = true;
            }
        }
        return found;
    }
}

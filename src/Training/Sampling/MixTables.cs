using System.Globalization;
using Temper.Core.Ids;
using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Sampling;

/// <summary>A mix taken apart into flat tables: buckets of all datasets in one row, whole-number weights, keys of the permutations.</summary>
internal sealed class MixTables
{
    /// <summary>What a dataset can give when epochs never end; far from overflow when it is multiplied or added.</summary>
    public const long Endless = 1L << 60;

    public MixTables(Mix mix)
    {
        Mix = mix;
        (Bucketed, Rest, Described, ConfigDigest) = (mix.Bucketed, mix.Rest, mix.Described, mix.ConfigDigest);
        With = [.. mix.Datasets.Select(d => d.Described)];
        FirstBucket = new int[mix.Datasets.Count + 1];
        for (var d = 0; d < mix.Datasets.Count; d++)
            FirstBucket[d + 1] = FirstBucket[d] + mix.Datasets[d].Buckets.Count;
        Items = [.. mix.Datasets.SelectMany(d => d.Buckets).Select(b => b.Items)];
        Keys = Buckets == 1 ? [new RandomKey(mix.Seed, RandomStreams.Shuffle)] : [.. mix.Datasets.SelectMany(d => d.Buckets.Select(b => Key(mix.Seed, d, b)))];
        Unit = MixWeights.Units(mix.Datasets);
        var draws = mix.Datasets.Select((d, i) => mix.Bucketed ? d.Buckets.Sum(b => Math.Max(1, BatchesOf(b.Items * (1L + d.Repeats)))) : d.PerEpoch).ToArray();
        Weight = MixWeights.Of(mix, draws);
    }

    public Mix Mix { get; }

    public bool Bucketed { get; }

    public Remainder Rest { get; }

    public string Described { get; }

    public Digest ConfigDigest { get; }

    /// <summary>By dataset: its settings as text.</summary>
    public string[] With { get; }

    /// <summary>Of dataset d: its first bucket; the last entry is their number.</summary>
    public int[] FirstBucket { get; }

    public int Buckets => FirstBucket[^1];

    /// <summary>By bucket.</summary>
    public long[] Items { get; }

    /// <summary>By bucket: the key of its permutations; a pass is the key's update.</summary>
    public RandomKey[] Keys { get; }

    /// <summary>By dataset: probability as a whole number.</summary>
    public ulong[] Unit { get; }

    /// <summary>By dataset: weight of a draw at the beginning of an epoch.</summary>
    public ulong[] Weight { get; }

    /// <summary>Items that the first <paramref name="epochs"/> epochs see of a bucket of dataset <paramref name="d"/>.</summary>
    public long Granted(int d, int bucket, long epochs)
    {
        var dataset = Mix.Datasets[d];
        return Mix.StopOn == StopOn.MaxSteps ? Endless : Items[bucket] * (1L + dataset.Repeats) * dataset.EpochsThrough(epochs);
    }

    /// <summary>Whole batches, or with the last one incomplete, that so many items of a bucket make.</summary>
    public long BatchesOf(long items) => Rest is Remainder.Short or Remainder.PadFromSameBucket ? (items + Mix.Batch - 1) / Mix.Batch : items / Mix.Batch;

    /// <summary>48 bits of a digest tell the permutations of one mix apart. With one bucket there is nothing to tell apart, and the order is that of runs
    /// from before there were mixes.</summary>
    private static RandomKey Key(ulong seed, MixDataset dataset, MixBucket bucket)
    {
        var bits = ulong.Parse(Digest.OfText($"order {dataset.Id} {dataset.Version} {bucket.Name}").Hex.AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new(seed, RandomStreams.Shuffle, 0, (uint)bits & 0xFFFFF, (uint)(bits >> 20));
    }
}

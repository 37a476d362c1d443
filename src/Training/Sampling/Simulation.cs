namespace Temper.Training.Sampling;

/// <summary>A walk through the beginning of a mix, counted.</summary>
/// <param name="Draws">The first items, in order.</param>
/// <param name="StepsPerEpoch">Optimizer steps of each walked epoch.</param>
/// <param name="Datasets">What each dataset gave.</param>
/// <param name="Coverage">Smallest share of an epoch that was seen when it ended; exactly 1 when nothing is missing or left out. Null when no epoch was walked to its end.</param>
/// <param name="Steps">Steps that were walked.</param>
/// <param name="LeftOut">Items that the epochs granted and no batch holds.</param>
/// <param name="Padded">Items seen once more to fill batches.</param>
/// <param name="Whole">Whether every item of the walked epochs was counted one by one; false when there are too many, and only the draws were walked.</param>
/// <param name="State">Where the walk stands.</param>
public sealed record Simulation(IReadOnlyList<SimulatedDraw> Draws, IReadOnlyList<int> StepsPerEpoch, IReadOnlyList<SimulatedDataset> Datasets, double? Coverage,
    int Steps, long LeftOut, long Padded, bool Whole, SamplerState State)
{
    private const long MostCounted = 20_000_000;

    /// <summary>Walks so many draws, and on to the end of so many epochs where their items can be counted.</summary>
    /// <param name="sampler">Where the walk begins.</param>
    /// <param name="draws">Items to list, 0 and up.</param>
    /// <param name="epochs">Epochs to walk through, counted from the first one of the mix.</param>
    /// <param name="steps">Steps to walk at most; null: no limit.</param>
    /// <exception cref="Core.Errors.TemperException"><c>schedule_gap</c>.</exception>
    public static Simulation Of(Sampler sampler, int draws, int epochs, int? steps)
    {
        var mix = sampler.Mix;
        var whole = mix.StopOn != StopOn.MaxSteps && mix.Datasets.Sum(d => d.PerEpoch) * (double)epochs <= MostCounted;
        var counting = new Counting(mix, whole);
        var (batch, listed, perEpoch, coverage, inEpoch) = (new GlobalBatch(mix.Batch), new List<SimulatedDraw>(), new List<int>(), (double?)null, 0);
        var shares = new double[mix.Datasets.Count];
        var fromStart = sampler.Step == 0;
        for (var walked = 0; walked < (steps ?? int.MaxValue) && (listed.Count < draws || (whole && !(sampler.EpochOver && sampler.Epoch + 1 >= epochs))); walked++)
        {
            sampler.Shares(shares);
            sampler.Next(batch);
            counting.Add(batch, shares);
            inEpoch++;
            foreach (var row in batch.Rows[..Math.Min(batch.Count, draws - listed.Count)])
                listed.Add(new(listed.Count, batch.Step, batch.Epoch + 1, mix.Datasets[row.Dataset].Id, mix.Datasets[row.Dataset].Buckets[row.Bucket].Name, row.Item, row.Pass, row.Padding));
            if (!sampler.EpochOver)
                continue;
            perEpoch.Add(inEpoch);
            inEpoch = 0;
            if (fromStart)
                coverage = Math.Min(coverage ?? 1, whole ? counting.Coverage(sampler, batch.Epoch) : sampler.Coverage);
        }
        return new(listed, perEpoch, counting.Datasets(sampler), coverage, counting.Steps, sampler.LeftOut + counting.Unclosed(sampler), sampler.Padded, whole, sampler.State);
    }

    /// <summary>Counts items one by one.</summary>
    private sealed class Counting(Mix mix, bool whole)
    {
        private readonly int[][][] _seen = whole ? [.. mix.Datasets.Select(d => d.Buckets.Select(b => new int[b.Items]).ToArray())] : [];
        private readonly long[][] _items = [.. mix.Datasets.Select(d => new long[d.Buckets.Count])];
        private readonly long[][] _batches = [.. mix.Datasets.Select(d => new long[d.Buckets.Count])];
        private readonly double[] _expected = new double[mix.Datasets.Count], _variance = new double[mix.Datasets.Count];
        private long _draws;

        public int Steps { get; private set; }

        public void Add(GlobalBatch batch, double[] shares)
        {
            var draws = mix.Bucketed ? 1 : batch.Count;
            for (var d = 0; d < shares.Length; d++)
                (_expected[d], _variance[d]) = (_expected[d] + shares[d] * draws, _variance[d] + shares[d] * (1 - shares[d]) * draws);
            foreach (var row in batch.Rows)
            {
                _items[row.Dataset][row.Bucket] += row.Padding ? 0 : 1;
                if (whole && !row.Padding)
                    _seen[row.Dataset][row.Bucket][row.Item]++;
            }
            if (mix.Bucketed)
                _batches[batch.Rows[0].Dataset][batch.Rows[0].Bucket]++;
            _draws += draws;
            Steps++;
        }

        /// <summary>Of all items that the epochs up to this one grant, those that were seen as often as they should; what waits for the next epoch counts as seen.</summary>
        public double Coverage(Sampler sampler, int epoch)
        {
            var (right, all) = (0.0, 0.0);
            for (var d = 0; d < _seen.Length; d++)
            {
                var (dataset, carried) = (mix.Datasets[d], mix.Rest == Remainder.Carry ? sampler.LeftOf(d) : 0);
                var times = (1 + dataset.Repeats) * dataset.EpochsThrough(epoch + 1L);
                if (dataset.Probability == 0 || times == 0)
                    continue;
                var seen = _seen[d].Sum(bucket => bucket.Sum(n => (double)Math.Min(n, times)) - bucket.Sum(n => (double)Math.Max(0, n - times)));
                (right, all) = (right + seen + carried, all + dataset.Items * (double)times);
            }
            return all == 0 ? 1 : right / all;
        }

        /// <summary>What is left in an epoch that has ended and that nothing will draw any more.</summary>
        public long Unclosed(Sampler sampler) => sampler.EpochOver && mix.Rest != Remainder.Carry
            ? Enumerable.Range(0, mix.Datasets.Count).Where(d => mix.Datasets[d].Probability > 0).Sum(sampler.LeftOf) : 0;

        public IReadOnlyList<SimulatedDataset> Datasets(Sampler sampler) => [.. mix.Datasets.Select((dataset, d) => new SimulatedDataset(dataset.Id, dataset.Items, dataset.Repeats, _items[d].Sum(),
            Share(mix.Bucketed ? _batches[d].Sum() : _items[d].Sum()), Share(_expected[d]), Sigma(d),
            mix.StopOn == StopOn.MaxSteps || mix.Rest != Remainder.Carry ? 0 : sampler.LeftOf(d),
            [.. dataset.Buckets.Select((bucket, b) => new SimulatedBucket(bucket.Name, bucket.Items, _items[d][b], mix.Bucketed ? _batches[d][b] : null,
                whole ? _seen[d][b].Min() : null, whole ? _seen[d][b].Max() : null))]))];

        private double Share(double count) => _draws == 0 ? 0 : count / _draws;

        /// <summary>How many standard deviations the draws of a dataset are from those that its weights ask for.</summary>
        private double Sigma(int d) => _variance[d] < 1e-9 ? 0 : ((mix.Bucketed ? _batches[d].Sum() : _items[d].Sum()) - _expected[d]) / Math.Sqrt(_variance[d]);
    }
}

/// <summary>One item of the walk.</summary>
/// <param name="Draw">0 and up, from where the walk began.</param>
/// <param name="Step">0-based optimizer step.</param>
/// <param name="Epoch">1 and up.</param>
/// <param name="Dataset">Its id.</param>
/// <param name="Bucket">Empty where the dataset is not divided.</param>
/// <param name="Item">Index in the bucket: the record, in the sealed version's order, unless records are packed or held out.</param>
/// <param name="Pass">0-based pass over the bucket, through all epochs.</param>
/// <param name="Padding">Whether it only fills the batch.</param>
public sealed record SimulatedDraw(int Draw, int Step, int Epoch, string Dataset, string Bucket, long Item, long Pass, bool Padding);

/// <summary>What a dataset gave.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Items">It has.</param>
/// <param name="Repeats">Passes beyond the first.</param>
/// <param name="Seen">Items that were drawn, again and again counted.</param>
/// <param name="Share">Of all draws.</param>
/// <param name="Target">Share that its weights asked for, draw by draw.</param>
/// <param name="Sigma">How many standard deviations apart the two are; beyond 3 something is wrong.</param>
/// <param name="Carried">Items that wait for the next epoch because they do not fill a batch.</param>
/// <param name="Buckets">Bucket by bucket.</param>
public sealed record SimulatedDataset(string Id, long Items, int Repeats, long Seen, double Share, double Target, double Sigma, long Carried, IReadOnlyList<SimulatedBucket> Buckets);

/// <summary>What a bucket gave.</summary>
/// <param name="Name">Empty where the dataset is not divided.</param>
/// <param name="Items">It has.</param>
/// <param name="Seen">Items that were drawn.</param>
/// <param name="Batches">Batches of it; null where batches are not of one bucket.</param>
/// <param name="Least">How often the item that was drawn least was drawn; null when they were not counted one by one.</param>
/// <param name="Most">How often the item that was drawn most was drawn.</param>
public sealed record SimulatedBucket(string Name, long Items, long Seen, long? Batches, int? Least, int? Most);

namespace Temper.Ingest;

/// <summary>A record that says almost what an earlier, kept one says.</summary>
/// <param name="Record">Index of the later one.</param>
/// <param name="Of">Index of the earlier one.</param>
/// <param name="Similarity">Threshold to 1.</param>
internal sealed record NearPair(int Record, int Of, double Similarity);

/// <summary>
/// Decides, record by record in upload order, which ones repeat an earlier one. Candidates come from bands and from embeddings; only the texts decide.
/// A record that repeats another is never itself the one that later ones are compared with, so that a chain of small changes does not collapse.
/// </summary>
internal sealed class NearDuplicates(IReadOnlyList<ulong[]> keys, IReadOnlyDictionary<int, List<int>> alike, double threshold)
{
    // Of a bucket's records the first ones are compared: more of them could only be found by reading all pairs of a boilerplate.
    private const int PerBucket = 64;

    private readonly Dictionary<(int Band, ulong Key), List<int>> _buckets = [];
    private readonly Dictionary<int, Shingles> _kept = [];

    /// <summary>Pairs found.</summary>
    public List<NearPair> Pairs { get; } = [];

    /// <summary>Pairs that embeddings call alike and texts do not: paraphrases and the like.</summary>
    public List<(int Record, int Of)> OnlyAlike { get; } = [];

    /// <summary>Which records can have a partner at all; the others need not be looked at.</summary>
    public HashSet<int> Suspects { get; } = FindSuspects(keys, alike);

    /// <summary>Looks at the next suspect; indexes must ascend.</summary>
    public void Take(int record, Shingles shingles)
    {
        NearPair? best = null;
        foreach (var candidate in Candidates(record))
        {
            var similarity = _kept[candidate].Similarity(shingles);
            if (similarity >= threshold && (best is null || similarity > best.Similarity))
                best = new(record, candidate, similarity);
        }
        foreach (var partner in alike.GetValueOrDefault(record) ?? [])
        {
            if (_kept.TryGetValue(partner, out var other) && other.Similarity(shingles) < threshold)
                OnlyAlike.Add((record, partner));
        }
        if (best is not null)
            Pairs.Add(best);
        else
            Keep(record, shingles);
    }

    private SortedSet<int> Candidates(int record)
    {
        var found = new SortedSet<int>();
        for (var band = 0; band < MinHash.Bands; band++)
            found.UnionWith(_buckets.GetValueOrDefault((band, keys[record][band])) ?? []);
        found.UnionWith((alike.GetValueOrDefault(record) ?? []).Where(_kept.ContainsKey));
        return found;
    }

    private void Keep(int record, Shingles shingles)
    {
        _kept[record] = shingles;
        for (var band = 0; band < MinHash.Bands; band++)
        {
            var place = (band, keys[record][band]);
            if (!_buckets.TryGetValue(place, out var bucket))
                _buckets[place] = bucket = [];
            if (bucket.Count < PerBucket)
                bucket.Add(record);
        }
    }

    private static HashSet<int> FindSuspects(IReadOnlyList<ulong[]> keys, IReadOnlyDictionary<int, List<int>> alike)
    {
        HashSet<int> suspects = [.. alike.Keys, .. alike.Values.SelectMany(v => v)];
        var (band, order) = (new ulong[keys.Count], new int[keys.Count]);
        for (var b = 0; b < MinHash.Bands; b++)
        {
            for (var i = 0; i < keys.Count; i++)
                (band[i], order[i]) = (keys[i][b], i);
            Array.Sort(band, order);
            for (var i = 1; i < band.Length; i++)
            {
                if (band[i] != band[i - 1])
                    continue;
                suspects.Add(order[i]);
                suspects.Add(order[i - 1]);
            }
        }
        return suspects;
    }
}

using System.Collections;

namespace Temper.Ingest;

/// <summary>A record that says almost what an earlier, kept one says.</summary>
/// <param name="Record">Index of the later one.</param>
/// <param name="Of">Index of the earlier one.</param>
/// <param name="Similarity">Threshold to 1.</param>
internal sealed record NearPair(int Record, int Of, double Similarity);

/// <summary>
/// Decides, record by record in upload order, which ones repeat an earlier one. Candidates come from bands and from embeddings; only the texts decide.
/// A record that repeats another is never itself the one that later ones are compared with, so that a chain of small changes does not collapse.
/// Shingles of kept records stay in memory up to <paramref name="memory"/> bytes; beyond it the oldest give way and are read again when they are asked for.
/// </summary>
/// <param name="table">Band keys of all records.</param>
/// <param name="alike">Partners that embeddings propose, earlier ones by later one.</param>
/// <param name="threshold">Least similarity.</param>
/// <param name="read">Reads a record's shingles again.</param>
/// <param name="memory">Bytes of shingles.</param>
internal sealed class NearDuplicates(BandTable table, IReadOnlyDictionary<int, List<int>> alike, double threshold, Func<int, CancellationToken, Task<Shingles>> read, long memory = 128L << 20)
{
    private readonly HashSet<int> _candidates = [];
    private readonly List<int> _ordered = [];
    private readonly BitArray _kept = new(table.Count);
    private readonly Dictionary<int, Shingles> _shingles = [];
    private readonly Queue<int> _oldest = new();
    private long _held;

    /// <summary>Pairs found.</summary>
    public List<NearPair> Pairs { get; } = [];

    /// <summary>Pairs that embeddings call alike and texts do not: paraphrases and the like.</summary>
    public List<(int Record, int Of)> OnlyAlike { get; } = [];

    /// <summary>Which records can have a partner at all; the others need not be looked at. Asked for once, before the first is taken.</summary>
    public BitArray FindSuspects(CancellationToken ct)
    {
        var suspects = table.Group(ct);
        foreach (var (later, earlier) in alike)
        {
            suspects[later] = true;
            foreach (var partner in earlier)
                suspects[partner] = true;
        }
        return suspects;
    }

    /// <summary>Looks at the next suspect; indexes must ascend.</summary>
    public async ValueTask TakeAsync(int record, Shingles shingles, CancellationToken ct)
    {
        var proposed = alike.GetValueOrDefault(record);
        Gather(record, proposed);
        NearPair? best = null;
        foreach (var candidate in _ordered)
        {
            var similarity = (_shingles.GetValueOrDefault(candidate) ?? await AgainAsync(candidate, ct).ConfigureAwait(false)).Similarity(shingles);
            if (similarity >= threshold && (best is null || similarity > best.Similarity))
                best = new(record, candidate, similarity);
            else if (similarity < threshold && proposed?.Contains(candidate) == true)
                OnlyAlike.Add((record, candidate));
        }
        if (best is not null)
        {
            Pairs.Add(best);
            return;
        }
        _kept[record] = true;
        table.Keep(record);
        Hold(record, shingles);
    }

    private void Gather(int record, List<int>? proposed)
    {
        _candidates.Clear();
        _ordered.Clear();
        table.FindKept(record, _candidates);
        foreach (var partner in proposed ?? [])
        {
            if (_kept[partner])
                _candidates.Add(partner);
        }
        _ordered.AddRange(_candidates);
        _ordered.Sort();
    }

    private async Task<Shingles> AgainAsync(int record, CancellationToken ct)
    {
        var shingles = await read(record, ct).ConfigureAwait(false);
        Hold(record, shingles);
        return shingles;
    }

    private void Hold(int record, Shingles shingles)
    {
        _shingles[record] = shingles;
        _oldest.Enqueue(record);
        for (_held += shingles.Size; _held > memory && _oldest.Count > 1;)
        {
            if (_shingles.Remove(_oldest.Dequeue(), out var gone))
                _held -= gone.Size;
        }
    }
}

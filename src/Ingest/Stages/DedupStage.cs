using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Finds copies over the whole upload: the first in order of file and line stays. Exact ones by record id; near ones by text, with candidates from
/// bands of hashes and, where a model embeds, from vectors.
/// </summary>
internal sealed class DedupStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload)
{
    private const int Shown = 20;
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Dedup);
    private readonly List<Repeat> _repeats = [];
    private readonly List<Place> _unique = [];

    private readonly record struct Place(int File, long Line, long Ordinal);

    /// <summary>The stage's outcome, or what an earlier attempt committed.</summary>
    /// <param name="embed">Vectors of the unique records, in order; null where no model embeds.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<DedupOutcome> RunAsync(Func<IReadOnlySet<long>, CancellationToken, Task<IReadOnlyList<float[]>>>? embed, CancellationToken ct)
    {
        if (await _stage.FindAsync<DedupOutcome>("dedup.json", ct).ConfigureAwait(false) is { } done)
        {
            IngestTelemetry.Replays.Add(1);
            return done;
        }
        var near = plan.Config.Dedup.Near;
        var keys = await FindExactAsync(near.Enabled, ct).ConfigureAwait(false);
        var search = near.Enabled ? await FindNearAsync(keys, embed, ct).ConfigureAwait(false) : null;
        var report = Report(search, embed is not null);
        if (search is not null && near.Action == NearAction.Drop)
            _repeats.AddRange(search.Pairs.Select(p => new Repeat(_unique[p.Record].Ordinal, PathOf(p.Of), _unique[p.Of].Line, p.Similarity, true)));
        var stored = new DedupOutcome(await StoreAsync(ct).ConfigureAwait(false), report);
        return await _stage.CommitAsync("dedup.json", stored, "ingest.dedup_committed", ct).ConfigureAwait(false);
    }

    /// <summary>Dropped records by ordinal.</summary>
    public async Task<Dictionary<long, Repeat>> RepeatsAsync(DedupOutcome outcome, CancellationToken ct)
    {
        var repeats = new Dictionary<long, Repeat>();
        if (outcome.Repeats is null)
            return repeats;
        await using var stream = await _stage.OpenAsync(outcome.Repeats, ct).ConfigureAwait(false);
        await foreach (var repeat in JsonSerializer.DeserializeAsyncEnumerable<Repeat>(stream, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            repeats[repeat!.Ordinal] = repeat;
        return repeats;
    }

    private async Task<List<ulong[]>> FindExactAsync(bool withKeys, CancellationToken ct)
    {
        var (first, keys, text, ordinal) = (new Dictionary<UInt128, int>(), new List<ulong[]>(), new RecordText(), 0L);
        await upload.ReadSoundAsync((file, body) =>
        {
            var head = RecordHead.Read(body);
            if (!first.TryAdd(head.Id, _unique.Count) && plan.Config.Dedup.Exact)
            {
                var kept = _unique[first[head.Id]];
                _repeats.Add(new(ordinal++, plan.Files[kept.File].Path, kept.Line, 1, false));
                return;
            }
            _unique.Add(new(file, head.Line, ordinal++));
            if (!withKeys)
                return;
            text.Read(body);
            keys.Add(MinHash.BandKeys(Shingles.Of(text)));
        }, null, ct).ConfigureAwait(false);
        return keys;
    }

    private async Task<NearDuplicates> FindNearAsync(List<ulong[]> keys, Func<IReadOnlySet<long>, CancellationToken, Task<IReadOnlyList<float[]>>>? embed, CancellationToken ct)
    {
        IReadOnlyDictionary<int, List<int>> alike = new Dictionary<int, List<int>>();
        if (embed is not null)
            alike = AlikeVectors.Find(await embed(_repeats.Select(r => r.Ordinal).ToHashSet(), ct).ConfigureAwait(false), ct);
        var search = new NearDuplicates(keys, alike, plan.Config.Dedup.Near.Threshold);
        var (text, ordinal, next) = (new RecordText(), 0L, 0);
        await upload.ReadSoundAsync((_, body) =>
        {
            if (next == _unique.Count || _unique[next].Ordinal != ordinal++)
                return;
            if (search.Suspects.Contains(next))
            {
                text.Read(body);
                search.Take(next, Shingles.Of(text));
            }
            next++;
        }, null, ct).ConfigureAwait(false);
        return search;
    }

    private DuplicateReport Report(NearDuplicates? search, bool embedded)
    {
        var near = search?.Pairs ?? [];
        var clusters = _repeats.Select(r => (r.File, r.Line)).Concat(near.Select(p => (File: PathOf(p.Of), _unique[p.Of].Line))).Distinct().Count();
        IngestTelemetry.Clusters.Add(clusters);
        return new(_repeats.Count, near.Count, clusters, search is null ? "off" : embedded ? "embedding and lexical" : "lexical",
            [.. near.Take(Shown).Select(p => Pair(p.Record, p.Of, p.Similarity))],
            [.. search?.OnlyAlike.Take(Shown).Select(p => Pair(p.Record, p.Of, 0)) ?? []]);
    }

    private RecordPair Pair(int record, int of, double similarity) =>
        new(PathOf(record), _unique[record].Line, PathOf(of), _unique[of].Line, Math.Round(similarity, 4));

    private string PathOf(int record) => plan.Files[_unique[record].File].Path;

    private async Task<StageData?> StoreAsync(CancellationToken ct)
    {
        if (_repeats.Count == 0)
            return null;
        var lines = new ByteBuffer(1 << 16);
        foreach (var repeat in _repeats.OrderBy(r => r.Ordinal))
        {
            lines.Add(JsonSerializer.SerializeToUtf8Bytes(repeat, Wire.Json));
            lines.Add((byte)'\n');
        }
        var data = await _stage.PutAsync("repeats", lines, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.dedup_written");
        return data;
    }
}

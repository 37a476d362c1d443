using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Finds copies over the whole upload: the first in order of file and line stays. Exact ones by record id; near ones by text, with candidates from
/// bands of hashes and, where a model embeds, from vectors.
/// </summary>
internal sealed class DedupStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, IngestOptions options, WorkTurn turn)
{
    private const int Shown = 20, ManyRecords = 200_000;
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Dedup);
    private readonly SignStage _signs = new(blobs, plan, upload, turn);
    private readonly List<Repeat> _repeats = [];
    private IReadOnlyList<SignedSlice> _slices = [];
    private UniqueRecords _unique = new([], false);

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
        _slices = await _signs.RunAsync(ct).ConfigureAwait(false);
        _unique = new(_slices, plan.Config.Dedup.Exact);
        var table = near.Enabled ? new BandTable(checked((int)_slices.Sum(s => (long)s.Signs.Count)), near.Bands) : null;
        var sketches = new SketchTable();
        await ReadSignsAsync(table, sketches, ct).ConfigureAwait(false);
        // Many megabytes that validation and the ids took are garbage now, and as large arrays would stay until much more had been made.
        if (_unique.Count > ManyRecords)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var search = table is null ? null : await FindNearAsync(table, sketches, embed, ct).ConfigureAwait(false);
        var report = Report(search, embed is not null);
        if (search is not null && near.Action == NearAction.Drop)
            _repeats.AddRange(search.Pairs.Select(p => new Repeat(_unique.OrdinalOf(p.Record), PathOf(p.Of), _unique.LineOf(p.Of), p.Similarity, true)));
        var stored = new DedupOutcome(await StoreAsync(ct).ConfigureAwait(false), report, RecordShape.Sum(_slices.Select(s => s.Signs.Shape)));
        return await _stage.CommitAsync("dedup.json", stored, "ingest.dedup_committed", ct).ConfigureAwait(false);
    }

    /// <summary>Dropped records by ordinal.</summary>
    public async Task<RepeatTable> RepeatsAsync(DedupOutcome outcome, CancellationToken ct)
    {
        var repeats = new RepeatTable();
        if (outcome.Repeats is null)
            return repeats;
        await using var stream = await _stage.OpenAsync(outcome.Repeats, ct).ConfigureAwait(false);
        await foreach (var repeat in JsonSerializer.DeserializeAsyncEnumerable<Repeat>(stream, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            repeats.Add(repeat);
        return repeats;
    }

    private async Task ReadSignsAsync(BandTable? table, SketchTable sketches, CancellationToken ct)
    {
        var keys = new uint[plan.Config.Dedup.Near.Bands];
        await _unique.ReadAsync(_signs, (_, bytes) =>
        {
            if (table is null)
                return;
            RecordSigns.Keys(bytes, keys);
            table.Add(keys);
            sketches.Add(RecordSigns.Sketch(bytes));
        }, ct).ConfigureAwait(false);
        _repeats.AddRange(_unique.Repeats.Select(r => new Repeat(r.Ordinal, PathOf(r.Of), _unique.LineOf(r.Of), 1, false)));
    }

    private async Task<NearDuplicates> FindNearAsync(BandTable table, SketchTable sketches, Func<IReadOnlySet<long>, CancellationToken, Task<IReadOnlyList<float[]>>>? embed, CancellationToken ct)
    {
        IReadOnlyDictionary<int, List<int>> alike = new Dictionary<int, List<int>>();
        if (embed is not null)
            alike = AlikeVectors.Find(await embed(_repeats.Select(r => r.Ordinal).ToHashSet(), ct).ConfigureAwait(false), ct);
        var near = plan.Config.Dedup.Near;
        var source = new ShingleSource(upload, _slices, _unique, near, options.Threads);
        var search = new NearDuplicates(table, sketches, alike, near.Threshold, source.ReadAsync) { Threads = options.Threads };
        await new NearStage(_stage, turn).RunAsync(search, ct).ConfigureAwait(false);
        return search;
    }

    private DuplicateReport Report(NearDuplicates? search, bool embedded)
    {
        var near = search?.Pairs ?? [];
        var clusters = _unique.Repeats.Select(r => r.Of).Concat(near.Select(p => p.Of)).Select(of => (_slices[_unique.SliceOf(of)].File, _unique.LineOf(of))).Distinct().Count();
        IngestTelemetry.Clusters.Add(clusters);
        return new(_repeats.Count, near.Count, clusters, search is null ? "off" : embedded ? "embedding and lexical" : "lexical",
            [.. near.Take(Shown).Select(p => Pair(p.Record, p.Of, p.Similarity))],
            [.. search?.OnlyAlike.Take(Shown).Select(p => Pair(p.Record, p.Of, 0)) ?? []]);
    }

    private RecordPair Pair(int record, int of, double similarity) =>
        new(PathOf(record), _unique.LineOf(record), PathOf(of), _unique.LineOf(of), Math.Round(similarity, 4));

    private string PathOf(int record) => plan.Files[_slices[_unique.SliceOf(record)].File].Path;

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

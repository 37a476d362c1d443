using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Finds copies over the whole upload: the first in order of file and line stays. Exact ones by record id; near ones by text, with candidates from
/// bands of hashes and, where a model embeds, from vectors.
/// </summary>
internal sealed class DedupStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, WorkTurn turn)
{
    private const int Shown = 20;
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Dedup);
    private readonly SignStage _signs = new(blobs, plan, upload, turn);
    private readonly List<Repeat> _repeats = [];
    private readonly RecordText _text = new();
    private IReadOnlyList<SignedSlice> _slices = [];
    private List<Place> _unique = [];

    private readonly record struct Place(int Slice, int Offset, int Length, long Line, long Ordinal);

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
        var records = checked((int)_slices.Sum(s => (long)s.Signs.Count));
        var table = near.Enabled ? new BandTable(records, near.Bands) : null;
        await FindExactAsync(records, table, ct).ConfigureAwait(false);
        var search = table is null ? null : await FindNearAsync(table, embed, ct).ConfigureAwait(false);
        var report = Report(search, embed is not null);
        if (search is not null && near.Action == NearAction.Drop)
            _repeats.AddRange(search.Pairs.Select(p => new Repeat(_unique[p.Record].Ordinal, PathOf(p.Of), _unique[p.Of].Line, p.Similarity, true)));
        var stored = new DedupOutcome(await StoreAsync(ct).ConfigureAwait(false), report, RecordShape.Sum(_slices.Select(s => s.Signs.Shape)));
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

    private async Task FindExactAsync(int records, BandTable? table, CancellationToken ct)
    {
        _unique = new(records);
        var (first, ordinal) = (new Dictionary<UInt128, int>(records), 0L);
        for (var slice = 0; slice < _slices.Count; slice++)
        {
            await _signs.ReadAsync(_slices[slice], (sign, keys) =>
            {
                if (!first.TryAdd(sign.Id, _unique.Count) && plan.Config.Dedup.Exact)
                {
                    var kept = first[sign.Id];
                    _repeats.Add(new(ordinal++, PathOf(kept), _unique[kept].Line, 1, false));
                    return;
                }
                _unique.Add(new(slice, sign.Offset, sign.Length, sign.Line, ordinal++));
                table?.Add(keys);
            }, ct).ConfigureAwait(false);
        }
    }

    private async Task<NearDuplicates> FindNearAsync(BandTable table, Func<IReadOnlySet<long>, CancellationToken, Task<IReadOnlyList<float[]>>>? embed, CancellationToken ct)
    {
        IReadOnlyDictionary<int, List<int>> alike = new Dictionary<int, List<int>>();
        if (embed is not null)
            alike = AlikeVectors.Find(await embed(_repeats.Select(r => r.Ordinal).ToHashSet(), ct).ConfigureAwait(false), ct);
        var near = plan.Config.Dedup.Near;
        var search = new NearDuplicates(table, alike, near.Threshold, ReadAgainAsync);
        var suspects = search.FindSuspects(ct);
        var waiting = new List<(int Record, Shingles Shingles)>();
        for (int from = 0, to; from < _unique.Count; from = to)
        {
            for (to = from + 1; to < _unique.Count && _unique[to].Slice == _unique[from].Slice; to++)
            {
            }
            if (!Any(suspects, from, to))
                continue;
            var (next, slice) = (from, _slices[_unique[from].Slice]);
            await upload.ReadSliceAsync(slice.File, slice.Slice, (offset, body) =>
            {
                if (next == to || _unique[next].Offset != offset)
                    return;
                if (suspects[next++])
                    waiting.Add((next - 1, ShinglesOf(body)));
            }, async () =>
            {
                foreach (var (record, shingles) in waiting)
                    await search.TakeAsync(record, shingles, ct).ConfigureAwait(false);
                waiting.Clear();
            }, ct).ConfigureAwait(false);
        }
        return search;
    }

    private async Task<Shingles> ReadAgainAsync(int record, CancellationToken ct)
    {
        var (place, slice) = (_unique[record], _slices[_unique[record].Slice]);
        return ShinglesOf(await upload.ReadRecordAsync(slice.File, slice.Slice, place.Offset, place.Length, ct).ConfigureAwait(false));
    }

    private Shingles ShinglesOf(ReadOnlySpan<byte> body)
    {
        _text.Read(body);
        return Shingles.Of(_text, plan.Config.Dedup.Near.Ngram);
    }

    private static bool Any(System.Collections.BitArray suspects, int from, int to)
    {
        while (from < to && !suspects[from])
            from++;
        return from < to;
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

    private string PathOf(int record) => plan.Files[_slices[_unique[record].Slice].File].Path;

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

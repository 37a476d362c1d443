using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Finds records to train on that share a run of words with records that are kept for evaluation: sealed versions that the configuration names, and the
/// version's own part for evaluation. Hashes of all runs of the evaluation data are held in memory; the upload is read once beside them.
/// </summary>
internal sealed class ContaminationStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, RepeatTable repeats)
{
    /// <summary>What the version's own part for evaluation is called.</summary>
    public const string Own = "eval";

    private const int Shown = 20;
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Contamination);
    private readonly ContaminationConfig _config = plan.Config.Contamination;
    private readonly WordGrams _grams = new(plan.Config.Contamination.Ngram);
    private readonly RecordText _text = new();
    private readonly GramTable _table = new();
    private readonly List<Place> _places = [];
    private readonly List<Overlap> _overlaps = [];
    private readonly List<OverlapPair> _pairs = [];
    private readonly SortedDictionary<string, long> _sets = new(StringComparer.Ordinal);

    private readonly record struct Place(string Set, string File, long Line);

    /// <summary>The stage's outcome, or what an earlier attempt committed; null when there is nothing to compare with.</summary>
    public async Task<ContaminationOutcome?> RunAsync(CancellationToken ct)
    {
        if (plan.Against.Count == 0 && plan.Config.Split.Eval == 0)
            return null;
        if (await _stage.FindAsync<ContaminationOutcome>("contamination.json", ct).ConfigureAwait(false) is { } done)
        {
            IngestTelemetry.Replays.Add(1);
            return done;
        }
        foreach (var pin in plan.Against)
            await new SealedRecords(blobs, pin).ReadAsync((_, _, body) => Learn(FormattableString.Invariant($"{pin.Name}:{pin.Version}"), body), null, ct).ConfigureAwait(false);
        if (plan.Config.Split.Eval > 0)
            await upload.ReadKeptAsync(repeats, (_, eval, _, body) => { if (eval) Learn(Own, body); }, ct).ConfigureAwait(false);
        var compared = 0L;
        await upload.ReadKeptAsync(repeats, (file, eval, ordinal, body) =>
        {
            if (eval)
                return;
            compared++;
            Compare(file, ordinal, body);
        }, ct).ConfigureAwait(false);
        IReadOnlyList<string> against = [.. plan.Against.Select(pin => FormattableString.Invariant($"{pin.Name}:{pin.Version}")), .. plan.Config.Split.Eval > 0 ? (string[])[Own] : []];
        var report = new ContaminationReport(_config.Ngram, JsonNamingPolicy.SnakeCaseLower.ConvertName(_config.Action.ToString()), against, compared, _overlaps.Count, _sets, _pairs);
        return await _stage.CommitAsync("contamination.json", new ContaminationOutcome(await StoreAsync(ct).ConfigureAwait(false), report), "ingest.contamination_committed", ct).ConfigureAwait(false);
    }

    /// <summary>Records that share a run, by ordinal.</summary>
    public async Task<Dictionary<long, Overlap>> OverlapsAsync(ContaminationOutcome? outcome, CancellationToken ct)
    {
        var overlaps = new Dictionary<long, Overlap>();
        if (outcome?.Overlaps is null)
            return overlaps;
        await using var stream = await _stage.OpenAsync(outcome.Overlaps, ct).ConfigureAwait(false);
        await foreach (var overlap in JsonSerializer.DeserializeAsyncEnumerable<Overlap>(stream, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            overlaps[overlap!.Ordinal] = overlap;
        return overlaps;
    }

    private void Learn(string set, ReadOnlySpan<byte> body)
    {
        Read(body);
        _places.Add(new(set, RecordHead.FileOf(body), RecordHead.Read(body).Line));
        foreach (var run in _grams.Runs)
            _table.Add(run, _places.Count - 1);
    }

    private void Compare(int file, long ordinal, ReadOnlySpan<byte> body)
    {
        Read(body);
        for (var run = 0; run < _grams.Runs.Count; run++)
        {
            if (_table.Find(_grams.Runs[run]) is not (>= 0 and var found))
                continue;
            var place = _places[found];
            _overlaps.Add(new(ordinal, place.Set, place.File, place.Line));
            _sets[place.Set] = _sets.GetValueOrDefault(place.Set) + 1;
            if (_pairs.Count < Shown)
                _pairs.Add(new(plan.Files[file].Path, RecordHead.Read(body).Line, place.Set, place.File, place.Line, Excerpts.Of(System.Text.Encoding.UTF8.GetBytes(_grams.Spell(run)), rules: plan.Personal)));
            return;
        }
    }

    private void Read(ReadOnlySpan<byte> body)
    {
        _text.Read(body);
        _grams.Read(_text);
    }

    private async Task<StageData?> StoreAsync(CancellationToken ct)
    {
        if (_overlaps.Count == 0)
            return null;
        var lines = new ByteBuffer(1 << 16);
        foreach (var overlap in _overlaps)
        {
            lines.Add(JsonSerializer.SerializeToUtf8Bytes(overlap, Wire.Json));
            lines.Add((byte)'\n');
        }
        var data = await _stage.PutAsync("overlaps", lines, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.contamination_written");
        return data;
    }
}

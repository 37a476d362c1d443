using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>
/// Finds records that sealed versions of other datasets hold, too, which <c>dedup_against</c> names: the same record by id, in their part for evaluation as
/// well. Ids of the other versions are held in memory; the upload is read once beside them.
/// </summary>
internal sealed class ElsewhereStage(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, RepeatTable repeats)
{
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Dedup);
    private readonly Dictionary<UInt128, Place> _known = [];
    private readonly SortedDictionary<string, long> _sets = new(StringComparer.Ordinal);
    private string _file = "";

    private readonly record struct Place(int Pin, string File, long Line);

    /// <summary>The copies with those that are elsewhere, by ordinal, and how many are in which version; what an earlier attempt committed where one did.</summary>
    public async Task<(RepeatTable Repeats, SortedDictionary<string, long>? Sets)> RunAsync(CancellationToken ct)
    {
        if (plan.DedupAgainst.Count == 0)
            return (repeats, null);
        var outcome = await _stage.FindAsync<ElsewhereOutcome>("elsewhere.json", ct).ConfigureAwait(false) ?? await FindAsync(ct).ConfigureAwait(false);
        if (outcome.Repeats is not { } stored)
            return (repeats, outcome.Sets);
        await using var stream = await _stage.OpenAsync(stored, ct).ConfigureAwait(false);
        var elsewhere = new List<Repeat>();
        await foreach (var repeat in JsonSerializer.DeserializeAsyncEnumerable<Repeat>(stream, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            elsewhere.Add(repeat);
        return (repeats.With(elsewhere), outcome.Sets);
    }

    private async Task<ElsewhereOutcome> FindAsync(CancellationToken ct)
    {
        for (var pin = 0; pin < plan.DedupAgainst.Count; pin++)
        {
            var (index, records) = (pin, new SealedRecords(blobs, plan.DedupAgainst[pin]));
            _sets[NameOf(pin)] = 0;
            await records.ReadAsync((_, _, body) => Learn(index, body), null, ct).ConfigureAwait(false);
        }
        var (lines, count) = (new ByteBuffer(1 << 16), 0);
        await upload.ReadKeptAsync(repeats, (_, _, ordinal, body) =>
        {
            if (!_known.TryGetValue(RecordHead.Read(body).Id, out var place))
                return;
            _sets[NameOf(place.Pin)]++;
            count++;
            lines.Add(JsonSerializer.SerializeToUtf8Bytes(new Repeat(ordinal, $"{place.File} in {NameOf(place.Pin)}", place.Line, 1, false), Wire.Json));
            lines.Add((byte)'\n');
        }, ct).ConfigureAwait(false);
        var data = count == 0 ? null : await _stage.PutAsync("elsewhere", lines, ct).ConfigureAwait(false);
        return await _stage.CommitAsync("elsewhere.json", new ElsewhereOutcome(data, _sets), "ingest.elsewhere_committed", ct).ConfigureAwait(false);
    }

    /// <summary>The first version that holds a record is the one that is named.</summary>
    private void Learn(int pin, ReadOnlySpan<byte> body)
    {
        var (head, file) = (RecordHead.Read(body), RecordHead.FileOf(body));
        // Records of one file follow each other: one name for all of them.
        _file = file == _file ? _file : file;
        _known.TryAdd(head.Id, new(pin, _file, head.Line));
    }

    private string NameOf(int pin) => FormattableString.Invariant($"{plan.DedupAgainst[pin].Name}:{plan.DedupAgainst[pin].Version}");
}

/// <summary>Mark of the stage.</summary>
/// <param name="Repeats">One JSON line per <see cref="Repeat"/>, ascending; null when there is none.</param>
/// <param name="Sets">NAME:VERSION to records of the upload that it holds.</param>
internal sealed record ElsewhereOutcome(StageData? Repeats, SortedDictionary<string, long> Sets);

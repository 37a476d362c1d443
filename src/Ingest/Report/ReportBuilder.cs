using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Puts together what the stages found.</summary>
internal sealed class ReportBuilder(IBlobStore blobs, IngestPlan plan, ValidatedUpload upload, Findings found, TokenReport? tokens, SealLedger book, Lineage lineage)
{
    private const int Places = 20;

    /// <summary>The report of a version.</summary>
    public async Task<DatasetReport> BuildAsync(Verdict verdict, Ledger ledger, long evalRecords, CancellationToken ct) => new(2, plan.Dataset, verdict.Sealed, plan.Config.Format, ledger, Stages(ledger),
        [.. upload.Files.Select(f => new FileReport(plan.Files[f.File].Path, book.Files[f.File], f.Bytes, f.Blank, f.ByteOrderMark, f.Members, f.Fault?.Code))],
        Codes(book.Codes), Warnings(), found.Dedup.Report, plan.NotData, verdict.Problems)
    {
        Shape = found.Dedup.Shape,
        Embedding = await EmbeddingAsync(ct).ConfigureAwait(false),
        Content = _content,
        Contamination = found.Contamination?.Report,
        Split = plan.Config.Split is { Eval: > 0 } split ? new(ledger.Accepted - evalRecords, evalRecords, split.GroupBy ?? "hash", split.Seed) : null,
        Drift = await DriftAsync(ledger, ct).ConfigureAwait(false),
        Tokens = tokens,
        Requeued = lineage is { Requeued: true, Parent: { } parent } ? FormattableString.Invariant($"{parent.Name}:{parent.Version}") : null,
    };

    /// <summary>Null where records of another version were taken over: only lines that were read here were looked at, and a part must not stand for the whole.</summary>
    private readonly ContentReport? _content = lineage.Requeued ? null : ContentReport.Of(upload.Files.Select(f => f.Facts), Codes(plan, upload.Files.Select(f => f.Facts.Findings)));

    private List<StageReport> Stages(Ledger ledger)
    {
        var refused = upload.Files.Where(f => upload.Refused.Contains(f.File)).Sum(f => f.Accepted);
        var (sound, quarantined, filtered) = (upload.Files.Sum(f => f.Accepted), upload.Files.Sum(f => f.Quarantined), upload.Files.Sum(f => f.Filtered));
        var (repeats, dropped) = (found.Repeats.Count, found.Dropped.Count);
        List<StageReport> stages =
        [
            Stage("validate", ledger.RecordsIn, sound, ("filtered", filtered), ("quarantined", quarantined)),
            Stage("trust", sound, sound - refused, ("quarantined", refused)),
            Stage("dedup", sound - refused, sound - refused - repeats, ("duplicates", repeats)),
            Stage("contamination", sound - refused - repeats, sound - refused - repeats - dropped, ("filtered", dropped)),
            Stage("seal", sound - refused - repeats - dropped, ledger.Accepted, ("filtered", found.Cut.Count)),
        ];
        return stages.Find(s => !s.Closes) is { } open ? throw new TemperException("ledger_open", $"The stage {open.Stage} let {open.In} records in and {open.Out} out, and kept {open.Left.Values.Sum()}.") : stages;
    }

    private static StageReport Stage(string name, long records, long on, params ReadOnlySpan<(string Column, long Count)> left)
    {
        var columns = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (column, count) in left)
        {
            if (count > 0)
                columns[column] = count;
        }
        return new(name, records, on, columns);
    }

    private SortedDictionary<string, CodeReport> Warnings()
    {
        var warnings = Codes(upload.Files.Select(f => f.Warnings));
        var keys = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (key, count) in upload.Files.SelectMany(f => f.UnknownKeys))
            keys[key] = keys.GetValueOrDefault(key) + count;
        if (warnings.TryGetValue("REC_UNKNOWN_KEY", out var unknown))
            warnings["REC_UNKNOWN_KEY"] = unknown with { Keys = new(keys.OrderByDescending(k => k.Value).Take(Places).ToDictionary(), StringComparer.Ordinal), Hint = Classes(keys) ?? unknown.Hint };
        return warnings;
    }

    /// <summary>Where most texts have a class beside them: how it is read. Null elsewhere.</summary>
    private string? Classes(SortedDictionary<string, long> keys) =>
        plan.Config.Format == RecordFormat.Text && Array.Find(["label", "class"], key => keys.GetValueOrDefault(key) * 2 > upload.Files.Sum(f => f.Accepted)) is { } key
            ? $"`{key}` is not kept. If it is the class of its text, write `format: classification` in dataset.yaml and upload again."
            : null;

    private SortedDictionary<string, CodeReport> Codes(IEnumerable<SortedDictionary<string, CodeTally>> files) => Codes(plan, files);

    private static SortedDictionary<string, CodeReport> Codes(IngestPlan plan, IEnumerable<SortedDictionary<string, CodeTally>> files) =>
        new(files.SelectMany((codes, file) => codes.Select(c => (Code: c.Key, Tally: c.Value, File: plan.Files[file].Path))).GroupBy(c => c.Code).ToDictionary(g => g.Key, g => new CodeReport(
            g.Sum(c => c.Tally.Count), [.. g.SelectMany(c => c.Tally.FirstLines.Select(line => new CodePlace(c.File, line))).Take(Places)],
            ErrorCatalogue.Find(g.Key)?.Meaning, ErrorCatalogue.Find(g.Key)?.Remedy)), StringComparer.Ordinal);

    /// <summary>What the stage that embedded left; null where none did.</summary>
    private Task<EmbeddingReport?> EmbeddingAsync(CancellationToken ct) => new StageBlobs(blobs, plan.Keys.Dedup).FindAsync<EmbeddingReport>(EmbeddingReport.Mark, ct);

    /// <summary>Against the parent's own report; a parent of an earlier report format has nothing to compare with.</summary>
    private async Task<DriftReport?> DriftAsync(Ledger ledger, CancellationToken ct)
    {
        if (lineage.Parent is not { } parent)
            return null;
        var key = BlobLayout.Dataset(parent.Name, parent.VersionKey, DatasetManifest.ReportName);
        if (await blobs.FindAsync(key, ct).ConfigureAwait(false) is null)
            return null;
        await using var stream = await blobs.OpenAsync(key, 0, null, null, ct).ConfigureAwait(false);
        var before = await JsonSerializer.DeserializeAsync<DatasetReport>(stream, Wire.Json, ct).ConfigureAwait(false);
        if (before?.Shape is null)
            return null;
        return DriftReport.Of(FormattableString.Invariant($"{parent.Name}:{parent.Version}"), before.Ledger.Accepted, ledger.Accepted, (before.Shape, before.Content?.Languages), (found.Dedup.Shape, _content?.Languages))
            .With(before.Embedding, await EmbeddingAsync(ct).ConfigureAwait(false));
    }
}

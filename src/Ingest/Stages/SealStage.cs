using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Writes the version: lineage, shards of records, quarantine, report, and last the manifest. Every record that came in is counted into exactly one column
/// on the way; if a file's columns do not add up, nothing is sealed. A rejected version has lineage, quarantine and report alone.
/// </summary>
internal sealed class SealStage(IBlobStore blobs, IngestPlan plan, IngestOptions options, ValidatedUpload upload, Findings found, TokenReport? tokens, IngestReferences references, WorkTurn turn)
{
    private readonly SealLedger _book = new(plan, upload, found);
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Seal);

    /// <summary>Writes all files; done before, it finds them and compares.</summary>
    public async Task<IngestResult> RunAsync(Action<double> progress, CancellationToken ct)
    {
        var verdict = Verdict.Of(plan, upload, found, _book.Expected);
        var (lineage, lineageFile) = await Lineage.FixAsync(blobs, plan, references, ct).ConfigureAwait(false);
        await using var images = ImageSeal.For(blobs, plan, upload, options.ShardBytes, verdict.Sealed);
        var written = await WriteRecordsAsync(verdict.Sealed, images, progress, ct).ConfigureAwait(false);
        var pictures = images is null ? [] : await images.EndAsync(ct).ConfigureAwait(false);
        await KeepLinesAsync(ct).ConfigureAwait(false);
        var (ledger, codes) = (_book.Close(), _book.Counts);
        List<FileEntry> files = [lineageFile, .. written.Train, .. written.Eval, .. pictures, written.Quarantine];
        var report = await new ReportBuilder(blobs, plan, upload, found, tokens, _book, lineage).BuildAsync(verdict, ledger, written.EvalRecords, ct).ConfigureAwait(false);
        report = images?.Complete(report, codes) ?? report;
        files.Add(await WriteAsync(DatasetManifest.ReportName, JsonSerializer.SerializeToUtf8Bytes(report, Wire.Json), "ingest.report_written", ct).ConfigureAwait(false));
        files.Add(await WriteAsync(DatasetManifest.PageName, System.Text.Encoding.UTF8.GetBytes(ReportPage.Of(report)), "ingest.page_written", ct).ConfigureAwait(false));
        if (verdict.Sealed)
        {
            var sources = plan.Sources.Select(f => new FileEntry(f.Path, f.Size, f.Sha256)).ToList();
            var manifest = new DatasetManifest(1, plan.Dataset, plan.Keys.Version, ledger, codes, sources, written.Train, plan.Config.ToJson())
            {
                Images = images is null ? null : pictures,
                Eval = plan.Config.Split.Eval > 0 ? new(written.EvalRecords, written.Eval) : null,
                Parent = lineage.Parent is { } parent ? new(parent.Version, parent.VersionKey) : null,
            };
            files.Add(await WriteAsync(DatasetManifest.FileName, JsonSerializer.SerializeToUtf8Bytes(manifest, Wire.Json), "ingest.manifest_written", ct).ConfigureAwait(false));
        }
        Tell(ledger, codes);
        return new(plan.Dataset, plan.Keys.Version, verdict.Sealed, ledger, codes, [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)], verdict.Problems);
    }

    private async Task<Written> WriteRecordsAsync(bool withRecords, ImageSeal? images, Action<double> progress, CancellationToken ct)
    {
        var steps = new SealProgress(_stage, turn);
        await steps.LoadAsync(_book.GoOn, ct).ConfigureAwait(false);
        var last = steps.Last;
        await using var train = new ShardWriter(blobs, plan, "records", options.ShardBytes, withRecords, last.Train);
        await using var eval = new ShardWriter(blobs, plan, "eval", options.ShardBytes, withRecords, last.Eval);
        var quarantine = new QuarantineSpool(_stage, last.Quarantine);
        var all = Math.Max(1, upload.Files.Sum(f => f.RecordsIn));
        var (done, held) = (0L, last.Held);
        await upload.ReadFromAsync(Math.Min(last.Done, Math.Min(last.Train.From, last.Eval.From)), (file, mark, record, ordinal, body) =>
        {
            var seen = record < last.Done;
            done = record + 1;
            if (Unwanted(file, mark, ordinal) is { } aside)
            {
                if (!seen)
                    SetAside(file, body, aside, quarantine.Pending);
                return;
            }
            var kept = upload.IsEval(mark, body);
            (kept ? eval : train).Add(record, body);
            if (seen)
                return;
            held += kept ? 1 : 0;
            _book.Accept(file);
            images?.Add(file, body);
        }, async () =>
        {
            progress((double)done / all);
            await train.FlushAsync(ct).ConfigureAwait(false);
            await eval.FlushAsync(ct).ConfigureAwait(false);
            if (images is not null)
                await images.FlushAsync(ct).ConfigureAwait(false);
            await quarantine.FlushAsync(ct).ConfigureAwait(false);
            // Archives of images are one piece of work.
            if (images is not null || !steps.IsDue(done))
                return;
            await quarantine.StoreAsync(ct).ConfigureAwait(false);
            await steps.EndTurnAsync(new(done, held, train.Done(done), eval.Done(done), quarantine.Pieces, _book.TakeChanged()), ct).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
        var (shards, part) = (await train.EndAsync(ct).ConfigureAwait(false), await eval.EndAsync(ct).ConfigureAwait(false));
        await using var list = await BeginAsync(DatasetManifest.QuarantineName, ct).ConfigureAwait(false);
        var listed = await quarantine.EndAsync(list, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.quarantine_written");
        return new(shards, part, held, listed);
    }

    /// <summary>Keeps the quarantined lines as they came, apart from the version's files.</summary>
    private async Task KeepLinesAsync(CancellationToken ct)
    {
        if (upload.Files.All(f => f.Quarantined == 0))
            return;
        await using var kept = await SealedFile.BeginAsync(blobs, BlobLayout.Quarantine(plan.Dataset, plan.Keys.Version), "lines.jsonl", ct).ConfigureAwait(false);
        await upload.ReadAsideAsync(async bytes =>
        {
            kept.Pending.Add(bytes.Span);
            await kept.FlushAsync(ct).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
        if (plan.Config.Format == RecordFormat.Image)
            await ImageAside.WriteAsync(blobs, plan, upload, kept, ct).ConfigureAwait(false);
        await kept.EndAsync(ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.lines_kept");
    }

    /// <summary>Why a record does not belong to the version; null where it does.</summary>
    private Aside? Unwanted(int file, byte mark, long ordinal)
    {
        if (mark == VerdictMark.Aside)
            return new(null);
        return (upload.Refused.Contains(file) ? RefusedEntry(file) : Unwanted(ordinal)) is { } entry ? new(entry) : null;
    }

    private Func<CanonicalRecord, QuarantineEntry>? Unwanted(long ordinal)
    {
        if (found.Repeats.TryGet(ordinal, out var repeat))
            return RepeatEntry(repeat);
        if (found.Cut.Contains(ordinal))
            return record => Entry(record, "SAMPLED_OUT", RecordOutcome.Filtered, FormattableString.Invariant($"Is none of the {plan.Config.MaxSamples} records with the smallest digests."));
        return found.Dropped.TryGetValue(ordinal, out var overlap)
            ? record => Entry(record, "DATA_CONTAMINATED", RecordOutcome.Filtered, FormattableString.Invariant($"Shares {plan.Config.Contamination.Ngram} words in a row with line {overlap.Line} of {overlap.File} in {overlap.Set}, which is kept for evaluation."))
            : null;
    }

    /// <summary>Counts a record that does not belong to the version and lists it.</summary>
    private void SetAside(int file, ReadOnlySpan<byte> body, Aside aside, ByteBuffer quarantine)
    {
        if (aside.Entry is null)
        {
            var head = JsonSerializer.Deserialize<SetAsideHead>(body, Wire.Json)!;
            // Of an item that was not delivered the place is the list's, for its own line is one of another file.
            _book.SetAside(file, head.Code, head.Outcome, plan.Files[file].Sealed == VerdictMark.Aside ? _book.Files[file].RecordsIn + 1 : head.Line);
            quarantine.Add(body);
        }
        else
        {
            var entry = aside.Entry(JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json)!);
            _book.SetAside(file, entry.Code, entry.Outcome, entry.Line);
            quarantine.Add(JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json));
        }
        quarantine.Add((byte)'\n');
    }

    private Func<CanonicalRecord, QuarantineEntry> RefusedEntry(int file)
    {
        var fault = upload.Files[file].Fault!;
        return record => Entry(record, fault.Code, RecordOutcome.Quarantined, $"The file is not trusted: {fault.Message}");
    }

    private Func<CanonicalRecord, QuarantineEntry> RepeatEntry(Repeat repeat) => record => repeat.Near
        ? Entry(record, "DUP_NEAR", RecordOutcome.Duplicate, FormattableString.Invariant($"Says almost what line {repeat.Line} of {repeat.File} says (similarity {repeat.Similarity:0.###})."))
        : Entry(record, "DUP_EXACT", RecordOutcome.Duplicate, FormattableString.Invariant($"Says exactly what line {repeat.Line} of {repeat.File} says."));

    private QuarantineEntry Entry(CanonicalRecord record, string code, RecordOutcome outcome, string message) =>
        new(record.Source.File, record.Source.Line, record.Source.Offset, code, outcome, message)
        {
            Hint = ErrorCatalogue.Find(code)?.Remedy,
            Excerpt = Excerpts.Of(System.Text.Encoding.UTF8.GetBytes(string.Join(" | ", record.AllTexts())), rules: plan.Personal),
        };

    private async Task<FileEntry> WriteAsync(string name, byte[] bytes, string step, CancellationToken ct)
    {
        await using var file = await BeginAsync(name, ct).ConfigureAwait(false);
        file.Pending.Add(bytes);
        var entry = await file.EndAsync(ct).ConfigureAwait(false);
        DurableSteps.Passed(step);
        return entry;
    }

    private Task<SealedFile> BeginAsync(string name, CancellationToken ct) =>
        SealedFile.BeginAsync(blobs, BlobLayout.Dataset(plan.Dataset, plan.Keys.Version, name), name, ct);

    private static void Tell(Ledger ledger, SortedDictionary<string, long> codes)
    {
        IngestTelemetry.Records.Add(ledger.Accepted, new("stage", "seal"), new("outcome", "accepted"), new("code", ""));
        foreach (var (code, count) in codes)
            IngestTelemetry.Records.Add(count, new("stage", "seal"), new("outcome", "set_aside"), new("code", code));
        if (ledger.RecordsIn > 0)
            IngestTelemetry.QuarantineFraction.Record((double)ledger.Quarantined / ledger.RecordsIn);
    }

    /// <summary>Of a quarantine entry, what is counted.</summary>
    private sealed record SetAsideHead(long Line, string Code, RecordOutcome Outcome);

    /// <summary>Why a record is set aside.</summary>
    /// <param name="Entry">Makes its line of the quarantine; null where validation wrote one already.</param>
    private readonly record struct Aside(Func<CanonicalRecord, QuarantineEntry>? Entry);

    private sealed record Written(IReadOnlyList<FileEntry> Train, IReadOnlyList<FileEntry> Eval, long EvalRecords, FileEntry Quarantine);
}

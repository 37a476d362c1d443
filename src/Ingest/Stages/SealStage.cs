using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Writes the version: shards of records, quarantine, report, and last the manifest. Every record that came in is counted into exactly one column
/// on the way; if a file's columns do not add up, nothing is sealed. A rejected version has quarantine and report alone.
/// </summary>
internal sealed class SealStage(IBlobStore blobs, IngestPlan plan, IngestOptions options, ValidatedUpload upload, DedupOutcome dedup, IReadOnlyDictionary<long, Repeat> repeats)
{
    private readonly Ledger[] _ledgers = [.. plan.Files.Select(_ => Ledger.Empty)];
    private readonly SortedDictionary<string, CodeTally>[] _codes = [.. plan.Files.Select(_ => new SortedDictionary<string, CodeTally>(StringComparer.Ordinal))];
    private long _ordinal;

    /// <summary>Writes all files; done before, it finds them and compares.</summary>
    public async Task<IngestResult> RunAsync(Action<double> progress, CancellationToken ct)
    {
        var verdict = Verdict.Of(plan, upload, Expected());
        await using var images = ImageSeal.For(blobs, plan, upload, options.ShardBytes, verdict.Sealed);
        var (shards, quarantine) = await WriteRecordsAsync(verdict.Sealed, images, progress, ct).ConfigureAwait(false);
        var pictures = images is null ? [] : await images.EndAsync(ct).ConfigureAwait(false);
        var ledger = Closed();
        var codes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (code, tally) in _codes.SelectMany(c => c))
            codes[code] = codes.GetValueOrDefault(code) + tally.Count;
        List<FileEntry> files = [.. shards, .. pictures, quarantine];
        files.Add(await WriteAsync(DatasetManifest.ReportName, images?.Complete(ReportOf(verdict, ledger), codes) ?? ReportOf(verdict, ledger), "ingest.report_written", ct).ConfigureAwait(false));
        if (verdict.Sealed)
        {
            var sources = plan.Sources.Select(f => new FileEntry(f.Path, f.Size, f.Sha256)).ToList();
            var manifest = new DatasetManifest(1, plan.Dataset, plan.Keys.Version, ledger, codes, sources, shards, plan.Config.ToJson()) { Images = images is null ? null : pictures };
            files.Add(await WriteAsync(DatasetManifest.FileName, manifest, "ingest.manifest_written", ct).ConfigureAwait(false));
        }
        Tell(ledger, codes);
        return new(plan.Dataset, plan.Keys.Version, verdict.Sealed, ledger, codes, [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)], verdict.Problems);
    }

    /// <summary>What the counts of the earlier stages say; the seal counts for itself and compares.</summary>
    private Ledger Expected()
    {
        var trusted = upload.Files.Where(f => !upload.Refused.Contains(f.File)).Sum(f => f.Accepted);
        var refused = upload.Files.Where(f => upload.Refused.Contains(f.File)).Sum(f => f.Accepted);
        return new(upload.Files.Sum(f => f.RecordsIn), trusted - repeats.Count, upload.Files.Sum(f => f.Quarantined) + refused, repeats.Count, upload.Files.Sum(f => f.Filtered));
    }

    private async Task<(List<FileEntry> Shards, FileEntry Quarantine)> WriteRecordsAsync(bool withRecords, ImageSeal? images, Action<double> progress, CancellationToken ct)
    {
        await using var shards = new ShardWriter(blobs, plan, options.ShardBytes, withRecords);
        await using var quarantine = await BeginAsync(DatasetManifest.QuarantineName, ct).ConfigureAwait(false);
        var all = Math.Max(1, upload.Files.Sum(f => f.RecordsIn));
        long done = 0;
        await upload.ReadAsync((file, sound, body) =>
        {
            done++;
            if (!sound)
                CountSetAside(file, body, quarantine.Pending);
            else if (upload.Refused.Contains(file))
                SetAside(file, body, RefusedEntry(file), quarantine.Pending);
            else if (repeats.TryGetValue(_ordinal++, out var repeat))
                SetAside(file, body, RepeatEntry(repeat), quarantine.Pending);
            else
                Accept(file, body, shards, images);
        }, async () =>
        {
            progress((double)done / all);
            await shards.FlushAsync(ct).ConfigureAwait(false);
            if (images is not null)
                await images.FlushAsync(ct).ConfigureAwait(false);
            await quarantine.FlushAsync(ct).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
        var written = await shards.EndAsync(ct).ConfigureAwait(false);
        var entry = await quarantine.EndAsync(ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.quarantine_written");
        return (written, entry);
    }

    private void Accept(int file, ReadOnlySpan<byte> body, ShardWriter shards, ImageSeal? images)
    {
        _ledgers[file] += new Ledger(1, 1, 0, 0, 0);
        shards.Add(body);
        images?.Add(file, body);
    }

    private void CountSetAside(int file, ReadOnlySpan<byte> body, ByteBuffer quarantine)
    {
        var head = JsonSerializer.Deserialize<SetAsideHead>(body, Wire.Json)!;
        Count(file, head.Code, head.Outcome, head.Line);
        quarantine.Add(body);
        quarantine.Add((byte)'\n');
    }

    private void SetAside(int file, ReadOnlySpan<byte> body, Func<CanonicalRecord, QuarantineEntry> entryOf, ByteBuffer quarantine)
    {
        var entry = entryOf(JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json)!);
        Count(file, entry.Code, entry.Outcome, entry.Line);
        quarantine.Add(JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json));
        quarantine.Add((byte)'\n');
    }

    private void Count(int file, string code, RecordOutcome outcome, long line)
    {
        _ledgers[file] += outcome switch
        {
            RecordOutcome.Quarantined => new(1, 0, 1, 0, 0),
            RecordOutcome.Duplicate => new(1, 0, 0, 1, 0),
            _ => new Ledger(1, 0, 0, 0, 1),
        };
        FileTally.Count(_codes[file], code, line);
    }

    private Func<CanonicalRecord, QuarantineEntry> RefusedEntry(int file)
    {
        var fault = upload.Files[file].Fault!;
        return record => Entry(record, fault.Code, RecordOutcome.Quarantined, $"The file is not trusted: {fault.Message}");
    }

    private static Func<CanonicalRecord, QuarantineEntry> RepeatEntry(Repeat repeat) => record => repeat.Near
        ? Entry(record, "DUP_NEAR", RecordOutcome.Duplicate, FormattableString.Invariant($"Says almost what line {repeat.Line} of {repeat.File} says (similarity {repeat.Similarity:0.###})."))
        : Entry(record, "DUP_EXACT", RecordOutcome.Duplicate, FormattableString.Invariant($"Says exactly what line {repeat.Line} of {repeat.File} says."));

    private static QuarantineEntry Entry(CanonicalRecord record, string code, RecordOutcome outcome, string message) =>
        new(record.Source.File, record.Source.Line, record.Source.Offset, code, outcome, message)
        {
            Hint = ErrorCatalogue.Find(code)?.Remedy,
            Excerpt = Excerpts.Of(System.Text.Encoding.UTF8.GetBytes(string.Join(" | ", record.AllTexts()))),
        };

    private Ledger Closed()
    {
        for (var file = 0; file < _ledgers.Length; file++)
        {
            if (_ledgers[file].Closes && _ledgers[file].RecordsIn == upload.Files[file].RecordsIn)
                continue;
            IngestTelemetry.Imbalance.Add(Math.Abs(upload.Files[file].RecordsIn - _ledgers[file].RecordsIn));
            throw new TemperException("ledger_open", $"'{plan.Files[file].Path}': {upload.Files[file].RecordsIn} records were read, but the columns add up to {_ledgers[file]}.");
        }
        var sum = _ledgers.Aggregate(Ledger.Empty, (a, b) => a + b);
        return sum == Expected() ? sum : throw new TemperException("ledger_open", $"The stages counted {Expected()}, the seal {sum}.");
    }

    private DatasetReport ReportOf(Verdict verdict, Ledger ledger) => new(1, plan.Dataset, verdict.Sealed, plan.Config.Format, ledger,
        [.. upload.Files.Select(f => new FileReport(plan.Files[f.File].Path, _ledgers[f.File], f.Bytes, f.Blank, f.ByteOrderMark, f.Members, f.Fault?.Code))],
        Codes(_codes), Codes(upload.Files.Select(f => f.Warnings)), dedup.Report, plan.NotData, verdict.Problems)
    {
        Content = ContentReport.Of(upload.Files.Select(f => f.Facts), Codes(upload.Files.Select(f => f.Facts.Findings))),
    };

    private SortedDictionary<string, CodeReport> Codes(IEnumerable<SortedDictionary<string, CodeTally>> files) =>
        new(files.SelectMany((codes, file) => codes.Select(c => (Code: c.Key, Tally: c.Value, File: plan.Files[file].Path))).GroupBy(c => c.Code)
            .ToDictionary(g => g.Key, g => new CodeReport(g.Sum(c => c.Tally.Count), [.. g.SelectMany(c => c.Tally.FirstLines.Select(line => new CodePlace(c.File, line))).Take(20)])), StringComparer.Ordinal);

    private async Task<FileEntry> WriteAsync<T>(string name, T document, string step, CancellationToken ct)
    {
        await using var file = await BeginAsync(name, ct).ConfigureAwait(false);
        file.Pending.Add(JsonSerializer.SerializeToUtf8Bytes(document, Wire.Json));
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
}

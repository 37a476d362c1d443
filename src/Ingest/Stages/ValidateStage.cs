using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Reads every file, slice by slice. Each slice is committed before the next begins; a later attempt goes on behind the last one. What a slice holds
/// depends on the file and the rules alone: another upload with the same file finds it and reads nothing.
/// </summary>
internal sealed class ValidateStage(IBlobStore blobs, IngestPlan plan, IngestOptions options, RecordFilters filters, WorkTurn turn, TimeProvider clock) : IAsyncDisposable
{
    private readonly LineValidator _validator = new(plan.Config, FormatReader.For(plan.Config.Format, plan.Config), filters);
    private readonly ByteBuffer _output = new(1 << 20), _aside = new(1 << 12);
    private readonly double _all = Math.Max(1, plan.Files.Sum(f => (double)f.Size));
    private readonly RowOpener _opener = new(blobs, plan.Config), _sealed = new(blobs, plan.Config with { MaxLineBytes = 1 << 30 });
    private RowFeed? _open;
    private double _before;
    private Action<double> _progress = _ => { };

    /// <summary>The slices of every file, in order.</summary>
    /// <param name="progress">Told the share of the upload's bytes that are done, 0 to 1.</param>
    /// <param name="ct">Stops between two reads.</param>
    /// <exception cref="TurnOverException">The turn is over; what was made in it is committed.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<SliceSummary>>> RunAsync(Action<double> progress, CancellationToken ct)
    {
        _progress = progress;
        var files = new List<IReadOnlyList<SliceSummary>>();
        foreach (var file in plan.Files)
        {
            files.Add(await RunFileAsync(file, plan.Keys.Files[files.Count], ct).ConfigureAwait(false));
            _before += file.Size;
            progress(_before / _all);
        }
        return files;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _validator.Dispose();
        await CloseAsync().ConfigureAwait(false);
        await _opener.DisposeAsync().ConfigureAwait(false);
        await _sealed.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<SliceSummary>> RunFileAsync(SourceFile file, Digest key, CancellationToken ct)
    {
        var (stage, slices) = (new StageBlobs(blobs, key), new List<SliceSummary>());
        await stage.MarkUsedAsync(clock, ct).ConfigureAwait(false);
        while (slices.Count == 0 || !slices[^1].Ended)
        {
            ct.ThrowIfCancellationRequested();
            var name = FormattableString.Invariant($"slice-{slices.Count:D6}");
            if (await stage.FindAsync<SliceSummary>($"{name}.json", ct).ConfigureAwait(false) is { } done)
            {
                IngestTelemetry.Replays.Add(1);
                slices.Add(done);
                continue;
            }
            var made = await MakeUnchangedAsync(file, slices.Count == 0 ? new(0, 0) : slices[^1].Next, stage, name, ct).ConfigureAwait(false);
            slices.Add(await stage.CommitAsync($"{name}.json", made, "ingest.slice_committed", ct).ConfigureAwait(false));
            turn.Committed();
        }
        await CloseAsync().ConfigureAwait(false);
        return slices;
    }

    private async Task<SliceSummary> MakeUnchangedAsync(SourceFile file, Cursor from, StageBlobs stage, string name, CancellationToken ct)
    {
        try
        {
            return await MakeAsync(file, from, stage, name, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "blob_changed")
        {
            throw Changed(file);
        }
    }

    private async Task<SliceSummary> MakeAsync(SourceFile file, Cursor from, StageBlobs stage, string name, CancellationToken ct)
    {
        _output.Clear();
        _aside.Clear();
        var rows = await OpenAsync(file, from, ct).ConfigureAwait(false);
        var tally = new FileTally();
        var ended = await ReadAsync(file, rows, tally, ct).ConfigureAwait(false);
        IngestTelemetry.Bytes.Add(tally.Bytes);
        var data = _output.Length == 0 ? null : await stage.PutAsync(name, _output, ct).ConfigureAwait(false);
        var aside = _aside.Length == 0 ? null : await stage.PutAsync($"aside-{name}", _aside, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.slice_written");
        return new(new(rows.Offset, rows.RowsRead), ended, data, tally) { Aside = aside };
    }

    /// <summary>Judges one line; false when it shows that the file is not made of lines at all.</summary>
    private bool Take(SourceFile file, in Line line, FileTally tally)
    {
        if (file.Sealed == VerdictMark.Aside)
        {
            Undelivered.Take(line.Bytes, line.Number, tally, _output);
            return true;
        }
        if (file.Sealed != 0)
        {
            tally.RecordsIn++;
            tally.Accepted++;
            _output.Add(file.Sealed);
            _output.Add(line.Bytes);
            _output.Add((byte)'\n');
            return true;
        }
        var before = tally.Quarantined;
        if (!_validator.Take(line, tally, _output))
            return false;
        if (tally.Quarantined > before)
            KeepAside(file, line, tally);
        return true;
    }

    /// <summary>Keeps the line as it came, so that it can be corrected and sent again; of a row that was made into JSON, the JSON.</summary>
    private void KeepAside(SourceFile file, in Line line, FileTally tally)
    {
        var bytes = line.TooLong ? null : line.Fault is null && !line.Bytes.IsEmpty ? line.Bytes.ToArray() : line.Original.ToArray();
        // One line each: between the tokens of JSON a newline is a space, and a row that is not JSON is written anew anyhow.
        bytes?.AsSpan().Replace((byte)'\n', (byte)' ');
        var number = line.Number;
        var code = tally.Codes.FirstOrDefault(c => c.Value.LastLine == number).Key ?? "";
        _aside.Add(JsonSerializer.SerializeToUtf8Bytes(new QuarantinedLine(file.Path, line.Number, code, bytes), Wire.Json));
        _aside.Add((byte)'\n');
    }

    /// <summary>Judges lines until the slice is full, by bytes or by time (false), or the file ends (true).</summary>
    private async Task<bool> ReadAsync(SourceFile file, RowFeed rows, FileTally tally, CancellationToken ct)
    {
        _validator.Begin(file.Path, file.Corrected);
        var began = rows.Offset;
        do
        {
            while (rows.TryRead(out var line))
            {
                if (!Take(file, line, tally))
                {
                    tally.Fault = new("FILE_NOT_JSONL", "The file is one JSON document over several lines; one record a line is expected.");
                    return true;
                }
                tally.Bytes = rows.Offset - began;
                tally.ByteOrderMark = began == 0 && rows.ByteOrderMark;
                if (tally.Bytes >= options.SliceBytes)
                    return false;
            }
            _progress((_before + Math.Min(rows.Offset, file.Size)) / _all);
            if (turn.Over && tally.Bytes > 0)
                return false;
        } while (await rows.FillAsync(ct).ConfigureAwait(false));
        tally.Members = rows.Members;
        tally.Fault = rows.Fault;
        return true;
    }

    private async Task<RowFeed> OpenAsync(SourceFile file, Cursor at, CancellationToken ct)
    {
        if (_open is { } open && (open.Offset, open.RowsRead) == (at.Offset, at.Lines))
            return open;
        await CloseAsync().ConfigureAwait(false);
        await CheckUnchangedAsync(file, ct).ConfigureAwait(false);
        return _open = await (file.Sealed != 0 ? _sealed : _opener).OpenAsync(file, at.Offset, at.Lines, ct).ConfigureAwait(false);
    }

    /// <summary>Another attempt may have read the begin of what lies there now under the same name and size.</summary>
    private async Task CheckUnchangedAsync(SourceFile file, CancellationToken ct)
    {
        if (plan.ETags.TryGetValue(file.Upload.Key, out var seen) && await blobs.FindAsync(BlobKey.Parse(file.Upload.Key), ct).ConfigureAwait(false) is var found && found?.ETag != seen)
            throw Changed(file);
    }

    private static TemperException Changed(SourceFile file) =>
        new([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested.") { File = file.Path, Hint = ErrorCatalogue.Find("SRC_CHANGED")?.Remedy }]);

    private async ValueTask CloseAsync()
    {
        if (_open is not null)
            await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
    }
}

using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Reads every file, slice by slice. Each slice is committed before the next begins; a later attempt goes on behind the last one. What a slice holds
/// depends on the file and the rules alone: another upload with the same file finds it and reads nothing.
/// </summary>
internal sealed class ValidateStage(IBlobStore blobs, IngestPlan plan, IngestOptions options, RecordFilters filters, WorkTurn turn, TimeProvider clock) : IAsyncDisposable
{
    private readonly LineValidator _validator = new(plan.Config, FormatReader.For(plan.Config.Format, plan.Config), filters);
    private readonly ByteBuffer _output = new(1 << 20);
    private readonly double _all = Math.Max(1, plan.Files.Sum(f => (double)f.Size));
    private readonly RowOpener _opener = new(blobs, plan.Config);
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
            var made = await MakeAsync(file, slices.Count == 0 ? new(0, 0) : slices[^1].Next, stage, name, ct).ConfigureAwait(false);
            slices.Add(await stage.CommitAsync($"{name}.json", made, "ingest.slice_committed", ct).ConfigureAwait(false));
            turn.Committed();
        }
        await CloseAsync().ConfigureAwait(false);
        return slices;
    }

    private async Task<SliceSummary> MakeAsync(SourceFile file, Cursor from, StageBlobs stage, string name, CancellationToken ct)
    {
        _output.Clear();
        var rows = await OpenAsync(file, from, ct).ConfigureAwait(false);
        var tally = new FileTally();
        var ended = await ReadAsync(file, rows, tally, ct).ConfigureAwait(false);
        IngestTelemetry.Bytes.Add(tally.Bytes);
        var data = _output.Length == 0 ? null : await stage.PutAsync(name, _output, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.slice_written");
        return new(new(rows.Offset, rows.RowsRead), ended, data, tally);
    }

    /// <summary>Judges lines until the slice is full, by bytes or by time (false), or the file ends (true).</summary>
    private async Task<bool> ReadAsync(SourceFile file, RowFeed rows, FileTally tally, CancellationToken ct)
    {
        _validator.Begin(file.Path);
        var began = rows.Offset;
        do
        {
            while (rows.TryRead(out var line))
            {
                if (!_validator.Take(line, tally, _output))
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
        return _open = await _opener.OpenAsync(file, at.Offset, at.Lines, ct).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync()
    {
        if (_open is not null)
            await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
    }
}

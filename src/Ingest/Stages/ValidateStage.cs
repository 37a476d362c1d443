using Temper.Core.Blobs;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Reads every file, slice by slice. Each slice is committed before the next begins; a later attempt goes on behind the last one and writes
/// the same bytes, because a slice depends on the upload and the configuration alone.
/// </summary>
internal sealed class ValidateStage(IBlobStore blobs, IngestPlan plan, IngestOptions options, RecordFilters filters) : IAsyncDisposable
{
    private readonly StageBlobs _stage = new(blobs, plan.Keys.Validate);
    private readonly LineValidator _validator = new(plan.Config, FormatReader.For(plan.Config.Format, plan.Config), filters);
    private readonly ByteBuffer _output = new(1 << 20);
    private readonly RowOpener _opener = new(blobs, plan.Config);
    private OpenRows? _open;
    private Action<double> _progress = _ => { };

    /// <summary>All slices, in order.</summary>
    /// <param name="progress">Told the share of the upload's bytes that are done, 0 to 1.</param>
    /// <param name="ct">Stops between two reads.</param>
    public async Task<IReadOnlyList<SliceSummary>> RunAsync(Action<double> progress, CancellationToken ct)
    {
        _progress = progress;
        var slices = new List<SliceSummary>();
        for (var at = new Cursor(0, 0, 0); at.File < plan.Files.Count; at = slices[^1].Next)
        {
            ct.ThrowIfCancellationRequested();
            var name = FormattableString.Invariant($"slice-{slices.Count:D6}.json");
            if (await _stage.FindAsync<SliceSummary>(name, ct).ConfigureAwait(false) is { } done)
            {
                IngestTelemetry.Replays.Add(1);
                slices.Add(done);
            }
            else
            {
                var made = await MakeAsync(at, slices.Count, ct).ConfigureAwait(false);
                slices.Add(await _stage.CommitAsync(name, made, "ingest.slice_committed", ct).ConfigureAwait(false));
            }
            progress(Share(slices[^1].Next));
        }
        return slices;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _validator.Dispose();
        if (_open is not null)
            await _open.DisposeAsync().ConfigureAwait(false);
        await _opener.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<SliceSummary> MakeAsync(Cursor from, int number, CancellationToken ct)
    {
        _output.Clear();
        var tallies = new List<FileTally>();
        var (at, left) = (from, options.SliceBytes);
        while (left > 0 && at.File < plan.Files.Count)
        {
            var file = await OpenAsync(at, ct).ConfigureAwait(false);
            var tally = new FileTally { File = at.File };
            tallies.Add(tally);
            var ended = await ReadAsync(file, tally, left, ct).ConfigureAwait(false);
            left -= tally.Bytes;
            at = ended ? new(at.File + 1, 0, 0) : new(at.File, file.Rows.Offset, file.Rows.RowsRead);
            IngestTelemetry.Bytes.Add(tally.Bytes);
        }
        var data = _output.Length == 0 ? null : await _stage.PutAsync(FormattableString.Invariant($"slice-{number:D6}"), _output, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.slice_written");
        return new(at, data, tallies);
    }

    /// <summary>Judges lines until the slice is full (false) or the file ends (true).</summary>
    private async Task<bool> ReadAsync(OpenRows file, FileTally tally, long most, CancellationToken ct)
    {
        _validator.Begin(plan.Files[file.Index].Path);
        var (began, rows) = (file.Rows.Offset, file.Rows);
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
                if (tally.Bytes >= most)
                    return false;
            }
            _progress(Share(new(file.Index, rows.Offset, rows.RowsRead)));
        } while (await rows.FillAsync(ct).ConfigureAwait(false));
        tally.Members = rows.Members;
        tally.Fault = rows.Fault;
        return true;
    }

    private async Task<OpenRows> OpenAsync(Cursor at, CancellationToken ct)
    {
        if (_open is { } open && open.Index == at.File && open.Rows.Offset == at.Offset)
            return open;
        if (_open is not null)
            await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
        return _open = new(at.File, await _opener.OpenAsync(plan.Files[at.File], at.Offset, at.Lines, ct).ConfigureAwait(false));
    }

    private double Share(Cursor at)
    {
        var all = plan.Files.Sum(f => (double)f.Size);
        var within = at.File < plan.Files.Count ? Math.Min(at.Offset, plan.Files[at.File].Size) : 0;
        return all == 0 ? 1 : (plan.Files.Take(at.File).Sum(f => (double)f.Size) + within) / all;
    }

    private sealed record OpenRows(int Index, RowFeed Rows) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Rows.DisposeAsync();
    }
}

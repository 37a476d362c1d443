using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Reads every file, slice by slice. While one is stored the next is read, but committed only behind it; a later attempt goes on behind the last one that was
/// committed. What a slice holds depends on the file and the rules alone: another upload with the same file finds it and reads nothing.
/// </summary>
internal sealed class ValidateStage(IBlobStore blobs, IngestPlan plan, IngestOptions options, RecordFilters filters, WorkTurn turn, TimeProvider clock) : IAsyncDisposable
{
    private readonly SliceMaker _maker = new(plan.Config, filters, options, turn);
    private readonly Stack<JudgedSlice> _free = new();
    private readonly double _all = Math.Max(1, plan.Files.Sum(f => (double)f.Size));
    private readonly RowOpener _opener = new(blobs, plan.Config), _sealed = new(blobs, plan.Config with { MaxLineBytes = 1 << 30 });
    private Task<JudgedSlice>? _ahead;
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
        _maker.Dispose();
        await CloseAsync().ConfigureAwait(false);
        await _opener.DisposeAsync().ConfigureAwait(false);
        await _sealed.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<SliceSummary>> RunFileAsync(SourceFile file, Digest key, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            return await RunFileAsync(file, new StageBlobs(blobs, key), stop, ct).ConfigureAwait(false);
        }
        finally
        {
            // What was read ahead and is not wanted any more, as where the turn is over.
            await stop.CancelAsync().ConfigureAwait(false);
            await DropAheadAsync().ConfigureAwait(false);
            await CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<SliceSummary>> RunFileAsync(SourceFile file, StageBlobs stage, CancellationTokenSource stop, CancellationToken ct)
    {
        var slices = new List<SliceSummary>();
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
            var judged = await JudgedAsync(file, slices.Count == 0 ? new(0, 0) : slices[^1].Next, stop.Token).ConfigureAwait(false);
            if (!judged.Ended && !turn.Over)
                _ahead = JudgeAsync(file, judged.Next, stop.Token);
            slices.Add(await StoreAsync(judged, stage, name, ct).ConfigureAwait(false));
            _free.Push(judged);
            turn.Committed();
        }
        return slices;
    }

    /// <summary>The slice that begins at a place: the one that was read ahead, unless another worker's commit ends elsewhere.</summary>
    private async Task<JudgedSlice> JudgedAsync(SourceFile file, Cursor from, CancellationToken ct)
    {
        if (_ahead is { } ahead)
        {
            _ahead = null;
            var judged = await ahead.ConfigureAwait(false);
            if (judged.From == from)
                return judged;
            _free.Push(judged);
        }
        return await JudgeAsync(file, from, ct).ConfigureAwait(false);
    }

    private async Task<JudgedSlice> JudgeAsync(SourceFile file, Cursor from, CancellationToken ct)
    {
        var slice = _free.TryPop(out var free) ? free : new();
        slice.Begin(from);
        try
        {
            var rows = await OpenAsync(file, from, ct).ConfigureAwait(false);
            await _maker.MakeAsync(file, rows, slice, offset => _progress((_before + Math.Min(offset, file.Size)) / _all), ct).ConfigureAwait(false);
            return slice;
        }
        catch (TemperException e) when (e.Code == "blob_changed")
        {
            throw Changed(file);
        }
    }

    private async Task<SliceSummary> StoreAsync(JudgedSlice slice, StageBlobs stage, string name, CancellationToken ct)
    {
        IngestTelemetry.Bytes.Add(slice.Tally.Bytes);
        var data = slice.Output.Length == 0 ? null : await stage.PutAsync(name, slice.Output, ct).ConfigureAwait(false);
        var aside = slice.Aside.Length == 0 ? null : await stage.PutAsync($"aside-{name}", slice.Aside, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.slice_written");
        if (data is not null && slice.Signed > 0)
            await SignStage.CommitAsync(stage, SignStage.NameOf(plan.Config.Dedup.Near, data), slice.Signs, slice.Signed, slice.Shape, ct).ConfigureAwait(false);
        return await stage.CommitAsync($"{name}.json", new SliceSummary(slice.Next, slice.Ended, data, slice.Tally) { Aside = aside }, "ingest.slice_committed", ct).ConfigureAwait(false);
    }

    private async Task DropAheadAsync()
    {
        if (_ahead is null)
            return;
        await ((Task)_ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ahead = null;
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

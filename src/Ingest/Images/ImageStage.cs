using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Validation of an upload of images: each file is one slice of one record, committed by itself under the digest of file, captions and rules, so that
/// another version decodes only what is new. Several are decoded at once, large ones alone.
/// </summary>
internal sealed class ImageStage(IBlobStore blobs, IngestPlan plan, WorkTurn turn, TimeProvider clock) : IDisposable
{
    private const string SliceName = "slice-000000";
    private const int MostAtOnce = 4;

    /// <summary>Bytes of a file from which on it is decoded while no other is.</summary>
    private const long Large = 8 << 20;

    private readonly ImageValidator _validator = new(plan.Config);
    private readonly SemaphoreSlim _memory = new(MostAtOnce), _order = new(1);
    private long _done;

    /// <summary>The slice of every file, in order.</summary>
    /// <param name="progress">Told the share of files that are done, 0 to 1.</param>
    /// <param name="ct">Stops between two files.</param>
    /// <exception cref="TurnOverException">The turn is over; what was made in it is committed.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<SliceSummary>>> RunAsync(Action<double> progress, CancellationToken ct)
    {
        var slices = new SliceSummary?[plan.Files.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(MostAtOnce, Environment.ProcessorCount), CancellationToken = ct };
        await Parallel.ForAsync(0, slices.Length, options, async (file, stop) =>
        {
            if (turn.Over && Interlocked.Read(ref _done) > 0)
                return;
            slices[file] = await RunFileAsync(plan.Files[file], plan.Keys.Files[file], stop).ConfigureAwait(false);
            var done = Interlocked.Increment(ref _done);
            lock (_validator)
                progress((double)done / slices.Length);
        }).ConfigureAwait(false);
        return Array.Exists(slices, slice => slice is null) ? throw new TurnOverException() : [.. slices.Select(slice => (IReadOnlyList<SliceSummary>)[slice!])];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _order.Dispose();
    }

    private async Task<SliceSummary> RunFileAsync(SourceFile file, Digest key, CancellationToken ct)
    {
        var stage = new StageBlobs(blobs, key);
        await stage.MarkUsedAsync(clock, ct).ConfigureAwait(false);
        if (await stage.FindAsync<SliceSummary>($"{SliceName}.json", ct).ConfigureAwait(false) is { } done)
        {
            IngestTelemetry.Replays.Add(1);
            return done;
        }
        var (tally, output) = (new FileTally(), new ByteBuffer(1024));
        if (file.Image?.Orphans is { } orphans)
        {
            ImageValidator.TakeOrphans(file, orphans, tally, output);
            return await CommitAsync(stage, tally, output, ct).ConfigureAwait(false);
        }
        var share = file.Size >= Large ? MostAtOnce : 1;
        await TakeMemoryAsync(share, ct).ConfigureAwait(false);
        try
        {
            var sidecar = file.Image?.Sidecar is { } text ? await ReadAsync(text, ImageCaptions.LongestFile + 1, ct).ConfigureAwait(false) : null;
            var bytes = file.Size > ImageLimits.Default.MaxFileBytes && file.Sealed == 0 ? null : await ReadWholeAsync(file, ct).ConfigureAwait(false);
            if (share < MostAtOnce && bytes is not null && file.Sealed == 0 && ImageValidator.IsLarge(bytes))
            {
                _memory.Release(share);
                share = 0;
                await TakeMemoryAsync(MostAtOnce, ct).ConfigureAwait(false);
                share = MostAtOnce;
            }
            if (file.Sealed == VerdictMark.Aside)
                TakeUndelivered(bytes, tally, output);
            else if (bytes is null)
                ImageValidator.TakeTooLarge(file, tally, output);
            else
                _validator.Take(file, bytes, sidecar, tally, output, ct);
        }
        finally
        {
            if (share > 0)
                _memory.Release(share);
        }
        return await CommitAsync(stage, tally, output, ct).ConfigureAwait(false);
    }

    private static async Task<SliceSummary> CommitAsync(StageBlobs stage, FileTally tally, ByteBuffer output, CancellationToken ct)
    {
        IngestTelemetry.Bytes.Add(tally.Bytes);
        var data = await stage.PutAsync(SliceName, output, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.slice_written");
        return await stage.CommitAsync($"{SliceName}.json", new SliceSummary(new(tally.Bytes, 1), true, data, tally), "ingest.slice_committed", ct).ConfigureAwait(false);
    }

    private static void TakeUndelivered(ReadOnlySpan<byte> list, FileTally tally, ByteBuffer output)
    {
        for (var number = 1L; !list.IsEmpty; number++)
        {
            var end = list.IndexOf((byte)'\n') is >= 0 and var at ? at : list.Length;
            Undelivered.Take(list[..end], number, tally, output);
            list = list[Math.Min(end + 1, list.Length)..];
        }
    }

    /// <summary>Takes several places one after the other; in turn, so that two large files never wait for each other.</summary>
    private async Task TakeMemoryAsync(int share, CancellationToken ct)
    {
        await _order.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            for (var i = 0; i < share; i++)
                await _memory.WaitAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>The bytes of an image, which must be those that were uploaded.</summary>
    private async Task<byte[]> ReadWholeAsync(SourceFile file, CancellationToken ct)
    {
        var bytes = await ReadAsync(file.Upload, file.Size, ct).ConfigureAwait(false);
        return bytes.LongLength == file.Size && Digest.Of(bytes) == file.Sha256 ? bytes
            : throw new TemperException([new Problem("SRC_CHANGED", $"'{file.Path}' is not the file that was uploaded: its bytes changed.") { File = file.Path }]);
    }

    private async Task<byte[]> ReadAsync(UploadedFile file, long most, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Key), 0, most, null, ct).ConfigureAwait(false);
        using var bytes = new MemoryStream((int)Math.Min(most, file.Size));
        await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
        return bytes.TryGetBuffer(out var whole) && whole.Count == whole.Array!.Length ? whole.Array : bytes.ToArray();
    }
}

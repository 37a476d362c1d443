using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>One verdict of validation.</summary>
/// <param name="file">Index of the file.</param>
/// <param name="mark">Of <see cref="VerdictMark"/>: whether <paramref name="body"/> is a canonical record or a quarantine entry.</param>
/// <param name="body">JSON; valid during the call.</param>
internal delegate void TakeVerdict(int file, byte mark, ReadOnlySpan<byte> body);

/// <summary>Reads what validation left, in upload order.</summary>
internal sealed class StageReader(IBlobStore blobs, IngestPlan plan, IReadOnlyList<IReadOnlyList<SliceSummary>> files)
{
    // A canonical record can be a few times as long as its line, where characters outside the first plane are escaped.
    private const int LongestBody = 0x7000_0000;

    /// <summary>Hands over every verdict, and calls <paramref name="between"/> now and then so that the taker can write.</summary>
    public async Task ReadAsync(TakeVerdict take, Func<ValueTask>? between, CancellationToken ct)
    {
        for (var file = 0; file < files.Count; file++)
        {
            foreach (var slice in files[file])
                await ReadAsync(file, slice, take, between, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Hands over the verdicts of one slice.</summary>
    public async Task ReadAsync(int file, SliceSummary slice, TakeVerdict take, Func<ValueTask>? between, CancellationToken ct)
    {
        if (slice.Data is null)
            return;
        await using var stream = await OpenAsync(new(blobs, plan.Keys.Files[file]), slice.Data, ct).ConfigureAwait(false);
        var lines = new LineReader(stream, LongestBody, 0, 0);
        do
        {
            while (lines.TryRead(out var line))
                take(file, line.Bytes[0], line.Bytes[1..]);
            if (between is not null)
                await between().ConfigureAwait(false);
        } while (await lines.FillAsync(ct).ConfigureAwait(false));
    }

    /// <summary>Hands over the sound records of one slice, each with the place of its body in the slice's data.</summary>
    public async Task ReadSoundAsync(int file, SliceSummary slice, Action<int, ReadOnlySpan<byte>> take, Func<ValueTask>? between, CancellationToken ct)
    {
        if (slice.Data is null)
            return;
        await using var stream = await OpenAsync(new(blobs, plan.Keys.Files[file]), slice.Data, ct).ConfigureAwait(false);
        var lines = new LineReader(stream, LongestBody, 0, 0);
        do
        {
            while (lines.TryRead(out var line))
            {
                if (line.Bytes[0] != VerdictMark.Aside)
                    take((int)line.Offset + 1, line.Bytes[1..]);
            }
            if (between is not null)
                await between().ConfigureAwait(false);
        } while (await lines.FillAsync(ct).ConfigureAwait(false));
    }

    /// <summary>Hands over the quarantined lines of one slice as they came.</summary>
    public async Task ReadAsideAsync(int file, SliceSummary slice, Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken ct)
    {
        if (slice.Aside is null)
            return;
        await using var stream = await OpenAsync(new(blobs, plan.Keys.Files[file]), slice.Aside, ct).ConfigureAwait(false);
        var buffer = new byte[64 << 10];
        for (int read; (read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0;)
            await take(buffer.AsMemory(0, read)).ConfigureAwait(false);
    }

    /// <summary>One record's body by its place.</summary>
    public async Task<byte[]> ReadAsync(int file, SliceSummary slice, int offset, int length, CancellationToken ct)
    {
        var body = new byte[length];
        await using var stream = await new StageBlobs(blobs, plan.Keys.Files[file]).OpenAsync(slice.Data!, offset, length, ct).ConfigureAwait(false);
        await stream.ReadExactlyAsync(body, ct).ConfigureAwait(false);
        return body;
    }

    /// <summary>A slice whose data was evicted under it is forgotten, so that the attempt after this one reads the file again.</summary>
    public static async Task<Stream> OpenAsync(StageBlobs stage, StageData data, CancellationToken ct)
    {
        try
        {
            return await stage.OpenAsync(data, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "blob_missing")
        {
            var name = data.Name[..data.Name.LastIndexOf('-')];
            await stage.ForgetAsync($"{(name.StartsWith("aside-", StringComparison.Ordinal) ? name["aside-".Length..] : name)}.json", ct).ConfigureAwait(false);
            throw new TemperException("storage_unavailable", $"A validated slice was evicted while it was needed: {e.Message}", inner: e);
        }
    }
}

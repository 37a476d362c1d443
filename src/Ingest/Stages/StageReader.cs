namespace Temper.Ingest;

/// <summary>One verdict of validation.</summary>
/// <param name="file">Index of the file.</param>
/// <param name="sound">Whether <paramref name="body"/> is a canonical record; else a quarantine entry.</param>
/// <param name="body">JSON; valid during the call.</param>
internal delegate void TakeVerdict(int file, bool sound, ReadOnlySpan<byte> body);

/// <summary>Reads what validation left, in upload order.</summary>
internal sealed class StageReader(StageBlobs stage, IReadOnlyList<SliceSummary> slices)
{
    // A canonical record can be a few times as long as its line, where characters outside the first plane are escaped.
    private const int LongestBody = 0x7000_0000;

    /// <summary>Hands over every verdict, and calls <paramref name="between"/> now and then so that the taker can write.</summary>
    public async Task ReadAsync(TakeVerdict take, Func<ValueTask>? between, CancellationToken ct)
    {
        foreach (var slice in slices)
        {
            if (slice.Data is null)
                continue;
            await using var stream = await stage.OpenAsync(slice.Data, ct).ConfigureAwait(false);
            var lines = new LineReader(stream, LongestBody, 0, 0);
            var (share, left) = (-1, 0L);
            do
            {
                while (lines.TryRead(out var line))
                {
                    while (left == 0)
                        left = Verdicts(slice.Files[++share]);
                    left--;
                    take(slice.Files[share].File, line.Bytes[0] == '+', line.Bytes[1..]);
                }
                if (between is not null)
                    await between().ConfigureAwait(false);
            } while (await lines.FillAsync(ct).ConfigureAwait(false));
        }
    }

    private static long Verdicts(FileTally tally) => tally.Accepted + tally.Quarantined + tally.Filtered;
}

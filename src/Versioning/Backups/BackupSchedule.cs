using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Versioning.Backups;

/// <summary>Backups at intervals, counted from the newest snapshot, so that a restart neither skips one nor makes one too many.</summary>
/// <param name="folder">Where they go.</param>
/// <param name="source">What is backed up.</param>
/// <param name="every">Time between two.</param>
/// <param name="keep">Newest snapshots to keep; null: all.</param>
/// <param name="clock">Tells when one is due.</param>
public sealed class BackupSchedule(BackupFolder folder, BackupSource source, TimeSpan every, int? keep, TimeProvider clock)
{
    /// <summary>When the next one is due: now where there is none.</summary>
    public DateTimeOffset NextDue() => folder.List() is [.., var newest] ? folder.Open(newest).Manifest.CreatedAt + every : clock.GetUtcNow();

    /// <summary>Waits and backs up until <paramref name="ct"/> ends it. What fails is told and tried again after a tenth of the interval.</summary>
    public async Task RunAsync(Action<BackupReport> done, Action<Exception> failed, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(done);
        ArgumentNullException.ThrowIfNull(failed);
        while (true)
        {
            try
            {
                if (NextDue() - clock.GetUtcNow() is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, clock, ct);
                done(await folder.CreateAsync(source, null, ct));
                if (keep is { } newest)
                    folder.Keep(newest);
            }
            catch (Exception error) when (error is TemperException or IOException or UnauthorizedAccessException)
            {
                failed(error);
                await Task.Delay(every / 10, clock, ct);
            }
        }
    }

    /// <summary>Reads an interval: a whole number of <c>m</c>inutes, <c>h</c>ours or <c>d</c>ays.</summary>
    /// <exception cref="TemperException">Code <c>usage</c>.</exception>
    public static TimeSpan Interval(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var unit = text.Length > 1 ? text[^1] switch { 'm' => TimeSpan.FromMinutes(1), 'h' => TimeSpan.FromHours(1), 'd' => TimeSpan.FromDays(1), _ => TimeSpan.Zero } : TimeSpan.Zero;
        return unit > TimeSpan.Zero && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 10_000
            ? unit * count
            : throw new TemperException("usage", $"'{text}' is no interval.", "Write it as 30m, 6h or 1d.");
    }
}

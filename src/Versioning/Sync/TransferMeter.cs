namespace Temper.Versioning.Sync;

/// <summary>How far a transfer is.</summary>
/// <param name="Phase">What is done: <c>counting</c>, <c>sending</c>, <c>receiving</c>, <c>checking out</c>.</param>
/// <param name="Bytes">Bytes so far.</param>
/// <param name="Total">Bytes in all; null when that is not known yet.</param>
/// <param name="Rate">Bytes a second.</param>
/// <param name="Left">Time that the rest will take at this rate; null when that is not known.</param>
public sealed record TransferProgress(string Phase, long Bytes, long? Total, double Rate, TimeSpan? Left);

/// <summary>Counts bytes and tells about them ten times a second at most.</summary>
/// <param name="report">Is told; null: nobody.</param>
/// <param name="clock">What tells the time.</param>
public sealed class TransferMeter(IProgress<TransferProgress>? report, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private string _phase = "counting";
    private long _bytes, _began, _told;
    private long? _total;

    /// <summary>Bytes of the phase so far.</summary>
    public long Bytes => _bytes;

    /// <summary>Begins a phase.</summary>
    /// <param name="phase">Its name.</param>
    /// <param name="total">Bytes that it will have; null: not known.</param>
    public void Begin(string phase, long? total)
    {
        (_phase, _total, _bytes, _began) = (phase, total, 0, clock.GetTimestamp());
        Tell(always: true);
    }

    /// <summary>Counts bytes.</summary>
    public void Add(long bytes)
    {
        _bytes += bytes;
        Tell(always: false);
    }

    /// <summary>Tells how the phase ended.</summary>
    public void End() => Tell(always: true);

    private void Tell(bool always)
    {
        if (report is null || !always && clock.GetElapsedTime(_told) < Pause)
            return;
        _told = clock.GetTimestamp();
        var seconds = clock.GetElapsedTime(_began).TotalSeconds;
        var rate = seconds > 0 ? _bytes / seconds : 0;
        report.Report(new(_phase, _bytes, _total, rate, _total is { } total && rate > 0 ? TimeSpan.FromSeconds(Math.Max(0, total - _bytes) / rate) : null));
    }
}

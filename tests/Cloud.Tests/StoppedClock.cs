namespace Temper.Cloud.Tests;

/// <summary>A clock that stands until it is moved; timers that have come due by then run once.</summary>
internal sealed class StoppedClock : TimeProvider
{
    private readonly List<Waiting> _timers = [];
    private long _ticks = DateTimeOffset.UnixEpoch.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => new(_ticks, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Waiting(this, () => callback(state));
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        _ticks += by.Ticks;
        foreach (var timer in _timers.ToList())
            timer.Look();
    }

    private sealed class Waiting(StoppedClock clock, Action callback) : ITimer
    {
        private long _due = long.MaxValue;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (_due, _period) = (dueTime < TimeSpan.Zero ? long.MaxValue : clock._ticks + dueTime.Ticks, period);
            return true;
        }

        public void Look()
        {
            if (clock._ticks < _due)
                return;
            _due = _period > TimeSpan.Zero ? clock._ticks + _period.Ticks : long.MaxValue;
            callback();
        }

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

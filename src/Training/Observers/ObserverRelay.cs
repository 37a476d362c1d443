using System.Threading.Channels;

namespace Temper.Training.Observers;

/// <summary>
/// Hands a run's events on to whoever reports them, and copies to its observers, each with a bounded queue and a thread of its own. A full queue drops the event for that
/// observer alone; what was dropped is counted and told when the run ends.
/// </summary>
/// <param name="inner">Gets every event.</param>
/// <param name="observers">Get copies.</param>
/// <param name="run">Which run it is.</param>
/// <param name="clock">Time.</param>
internal sealed class ObserverRelay(ChannelWriter<TrainEvent> inner, IReadOnlyList<NamedObserver> observers, ObservedRun run, TimeProvider clock) : ChannelWriter<TrainEvent>
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);
    private readonly ObserverThread[] _threads = [.. observers.Select(observer => new ObserverThread(observer, run, text => inner.TryWrite(new TrainEvent.Said("warn", text))))];

    /// <inheritdoc/>
    public override bool TryWrite(TrainEvent item)
    {
        foreach (var thread in _threads)
            thread.Offer(item);
        return inner.TryWrite(item);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => inner.WaitToWriteAsync(cancellationToken);

    /// <summary>Says that the run is over, gives observers three seconds in all to end, and tells what they missed.</summary>
    public async Task SettleAsync()
    {
        foreach (var thread in _threads)
            thread.End();
        await Task.WhenAny(Task.WhenAll(_threads.Select(thread => thread.Ended)), Task.Delay(_threads.Length == 0 ? TimeSpan.Zero : Grace, clock)).ConfigureAwait(false);
        foreach (var text in _threads.SelectMany(thread => thread.Faults()))
            inner.TryWrite(new TrainEvent.Said("warn", text));
    }
}

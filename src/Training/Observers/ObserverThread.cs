using System.Threading.Channels;

namespace Temper.Training.Observers;

/// <summary>One observer, its queue and its thread. The thread is in the background and below normal priority: it never keeps a process alive, nor the run from a processor.</summary>
internal sealed class ObserverThread
{
    /// <summary>Events that may wait.</summary>
    public const int Room = 1024;

    private const int MostFaults = 16;
    private readonly Channel<TrainEvent> _queue = Channel.CreateBounded<TrainEvent>(new BoundedChannelOptions(Room) { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NamedObserver _observer;
    private readonly ObservedRun _run;
    private readonly Action<string> _say;
    private long _offered, _dropped, _faults;

    public ObserverThread(NamedObserver observer, ObservedRun run, Action<string> say)
    {
        (_observer, _run, _say) = (observer, run, say);
        new Thread(Watch) { IsBackground = true, Name = $"observer {observer.Name}", Priority = ThreadPriority.BelowNormal }.Start();
    }

    /// <summary>Done when the observer has seen all that it was given.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Never waits.</summary>
    public void Offer(TrainEvent happened)
    {
        Interlocked.Increment(ref _offered);
        if (!_queue.Writer.TryWrite(happened))
            Interlocked.Increment(ref _dropped);
    }

    public void End() => _queue.Writer.TryComplete();

    /// <summary>What is told once the run is over.</summary>
    public IEnumerable<string> Faults()
    {
        if (!_ended.Task.IsCompleted)
            yield return $"The observer '{_observer.Name}' did not come back from an event and is left behind with {_queue.Reader.Count} more; the run did not wait for it.";
        if (Interlocked.Read(ref _dropped) is > 0 and var dropped)
            yield return $"The observer '{_observer.Name}' was given {Interlocked.Read(ref _offered) - dropped} of {Interlocked.Read(ref _offered)} events; {dropped} were dropped.";
        if (Interlocked.Read(ref _faults) is > 1 and var faults)
            yield return $"The observer '{_observer.Name}' failed {faults} times.";
    }

    private void Watch()
    {
        try
        {
            if (Guarded(() => _observer.Make(_run), out var observer))
                Watch(observer!);
        }
        finally
        {
            // From here on nothing is kept for it.
            _queue.Writer.TryComplete();
            _ended.SetResult();
        }
    }

    private void Watch(RunObserver observer)
    {
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            while (_queue.Reader.TryRead(out var happened))
                if (!Guarded(() => { observer.Saw(happened); return observer; }, out _) && Interlocked.Read(ref _faults) >= MostFaults)
                    return;
        Guarded(() => { observer.Ended(); return observer; }, out _);
    }

    /// <summary>A plug-in's own code may throw anything; the first time is told at once.</summary>
    private bool Guarded(Func<RunObserver> act, out RunObserver? observer)
    {
        observer = null;
        try
        {
            observer = act();
            return true;
        }
        catch (Exception e)
        {
            if (Interlocked.Increment(ref _faults) == 1)
                _say($"The observer '{_observer.Name}' failed: {e.GetType().Name}: {e.Message} The run goes on.");
            return false;
        }
    }
}

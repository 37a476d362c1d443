using Temper.Training.Recipes;

namespace Temper.Training.Observers;

/// <summary>Someone of a plug-in who is told what happens in a run. Events go out and nothing comes back: whatever an observer does, the run's bits and its time are the same.</summary>
/// <param name="Name">For people.</param>
/// <param name="Make">Makes one for a run.</param>
public sealed record NamedObserver(string Name, Func<ObservedRun, RunObserver> Make);

/// <summary>The run that is observed.</summary>
/// <param name="Job">Its job.</param>
/// <param name="Attempt">1 and up.</param>
/// <param name="Recipe">What is asked for.</param>
public sealed record ObservedRun(string Job, int Attempt, Recipe Recipe);

/// <summary>Sees the events of one run, on a thread of its own, in order. It may be slow, throw or never return; then events are dropped, and the job's log says so.</summary>
public abstract class RunObserver
{
    /// <summary>Something happened.</summary>
    public abstract void Saw(TrainEvent happened);

    /// <summary>The run is over, however it ended. There are a few seconds left.</summary>
    public virtual void Ended()
    {
    }
}

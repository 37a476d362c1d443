using Temper.Training;
using Temper.Training.Observers;

namespace Example.Toolbox;

/// <summary>Writes a line for each event to the file that TOOLBOX_JOURNAL names. A path below a folder that is not there makes it throw, and the word "hang" makes it never return:
/// the run goes on either way.</summary>
internal sealed class Journal(ObservedRun run) : RunObserver
{
    private static readonly string? Target = Environment.GetEnvironmentVariable("TOOLBOX_JOURNAL");

    /// <inheritdoc/>
    public override void Saw(TrainEvent happened)
    {
        if (Target == "hang")
            Thread.Sleep(Timeout.Infinite);
        if (Target is not null)
            File.AppendAllText(Target, $"{run.Job} {run.Recipe.Output} {happened.GetType().Name}\n");
    }

    /// <inheritdoc/>
    public override void Ended()
    {
        if (Target is not null)
            File.AppendAllText(Target, $"{run.Job} ended\n");
    }
}

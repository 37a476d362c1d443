using Temper.Tensors;
using Temper.Training.Objectives;

namespace Temper.Training.Tests.Tasks;

internal sealed partial class TaskWorld
{
    partial void Share(ref TrainRun run, ref IDisposable? crew, int ranks, Func<IEngine, (IObjective Objective, IDisposable Owner)> make)
    {
        if (ranks == 1)
            return;
        var threads = new Ranks.CrewOfThreads(run.Recipe, ranks, make);
        (run, crew) = (run with { Crew = threads.Crew }, threads);
    }
}

using System.IO.Pipes;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Ranks;
using Temper.Training.Recipes;

namespace Temper.Training.Tests.Ranks;

/// <summary>The ranks of a job as threads of the test, each with an engine and a model of its own, joined by real pipes.</summary>
internal sealed class CrewOfThreads : IDisposable
{
    private readonly List<Thread> _threads = [];

    /// <summary>Starts the followers.</summary>
    /// <param name="recipe">Of the run.</param>
    /// <param name="size">Ranks, the test's own included.</param>
    /// <param name="make">Makes what a rank computes with; what it gives besides is disposed at the end.</param>
    public CrewOfThreads(Recipe recipe, int size, Func<IEngine, (IObjective Objective, IDisposable Owner)> make)
    {
        var members = new List<CrewMember>();
        for (var rank = 1; rank < size; rank++)
        {
            var (down, up) = (new AnonymousPipeServerStream(PipeDirection.Out), new AnonymousPipeServerStream(PipeDirection.In));
            var (input, output) = (new AnonymousPipeClientStream(PipeDirection.In, down.ClientSafePipeHandle), new AnonymousPipeClientStream(PipeDirection.Out, up.ClientSafePipeHandle));
            var own = rank;
            var thread = new Thread(() => Follow(recipe, own, size, input, output, make)) { IsBackground = true };
            thread.Start();
            _threads.Add(thread);
            members.Add(new(rank, up, down, () => "its thread ended", () => { }));
        }
        Crew = new(members);
    }

    public Crew Crew { get; }

    public void Dispose()
    {
        Crew.Dispose();
        foreach (var thread in _threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "a follower did not end with its leader");
    }

    private static void Follow(Recipe recipe, int rank, int size, Stream input, Stream output, Func<IEngine, (IObjective Objective, IDisposable Owner)> make)
    {
        using var engine = CpuEngine.Create(1, matrix: recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        var follower = new Follower(rank, size, input, output, _ => { });
        var (objective, owner) = make(engine);
        try
        {
            follower.Run(objective, HelloFrame.Of(objective, recipe, ""));
        }
        catch (TemperException e)
        {
            follower.Tell(e);
        }
        catch (IOException)
        {
            // The leader closed its end first.
        }
        owner.Dispose();
        output.Dispose();
    }
}

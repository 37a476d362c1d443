using System.Threading.Channels;
using Temper.Core.Errors;

namespace Temper.Training;

/// <summary>Trains. One instance a run; one thread.</summary>
public sealed class Trainer(TimeProvider clock)
{
    /// <summary>Trains to the end, or until <paramref name="control"/> stops it; continues from the newest usable checkpoint.</summary>
    /// <exception cref="TemperException">Code <c>loss_not_finite</c>, <c>resume_mismatch</c>, <c>deadline_exceeded</c>, <c>out_of_memory_expected</c>, <c>training_data_empty</c>, <c>no_supervised_tokens</c>, <c>metric_unknown</c>.</exception>
    public TrainOutcome Run(TrainRun run, RunControl control, ChannelWriter<TrainEvent> events)
    {
        using var loop = new RunLoop(run, control, events, clock);
        return loop.Run();
    }
}

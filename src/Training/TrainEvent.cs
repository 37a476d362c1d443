using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Training;

/// <summary>What a run tells while it goes. It is written to a channel and never waited for: a slow reader does not slow the run.</summary>
public abstract record TrainEvent
{
    private TrainEvent() { }

    /// <summary>
    /// The plan is made; training begins behind <paramref name="FirstStep"/> (0, or where a checkpoint stands). <paramref name="Earlier"/> are the metrics up
    /// to there: an attempt that was killed may not have told them.
    /// </summary>
    public sealed record Planned(int FirstStep, int TotalSteps, long TrainTokens, long SupervisedTokens, int TrainExamples, int EvalExamples, long TrainableParameters, IReadOnlyList<StepMetrics> Earlier) : TrainEvent;

    /// <summary>One optimizer step is done (or was dropped).</summary>
    public sealed record StepDone(StepMetrics Metrics) : TrainEvent
    {
        /// <summary>How long the rest will take, from the last steps.</summary>
        public TimeSpan Left { get; init; }

        /// <summary>Time in training up to here, of all attempts.</summary>
        public TimeSpan Elapsed { get; init; }
    }

    /// <summary>The held-out examples were measured after <paramref name="Step"/>. <paramref name="Values"/> are the step's; those of the measurement begin with eval_.</summary>
    public sealed record Measured(int Step, IReadOnlyDictionary<string, double> Values, bool Best) : TrainEvent;

    /// <summary>The loss of a step stands out among the last ones by <paramref name="Score"/> deviations. <paramref name="Records"/> are those of its batch.</summary>
    public sealed record Spiked(int Step, double Loss, double Score, IReadOnlyList<Digest> Records) : TrainEvent;

    /// <summary>The update of a step was dropped, because its numbers are not finite. <paramref name="Records"/> are those to blame.</summary>
    public sealed record Dropped(int Step, string Text, IReadOnlyList<Digest> Records) : TrainEvent;

    /// <summary>Before <paramref name="Step"/> was made, the run went back to the checkpoint of <paramref name="Target"/> and goes on in another order, for the n-th time.</summary>
    public sealed record WentBack(int Step, int Target, int Times) : TrainEvent;

    /// <summary>A checkpoint is durable.</summary>
    public sealed record Saved(int Step) : TrainEvent;

    /// <summary>Something worth knowing. <paramref name="Level"/> is info, warn or error.</summary>
    public sealed record Said(string Level, string Text) : TrainEvent;
}

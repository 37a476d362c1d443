using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Training.Checkpoints;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Ranks;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>One example ready to train on.</summary>
/// <param name="Record">Identity of the record that it came from.</param>
/// <param name="Tokens">Token ids.</param>
/// <param name="Supervised">Whether each token is a label; the first never counts.</param>
public sealed record TrainExample(Digest Record, int[] Tokens, bool[] Supervised)
{
    /// <summary>Where <see cref="Tokens"/> are several documents that belong together, such as two answers that are compared: tokens of each; null: one.</summary>
    public IReadOnlyList<int>? Documents { get; init; }

    /// <summary>Of a task that learns classes: the class's number; null for others.</summary>
    public int? Class { get; init; }

    /// <summary>Of a task that reads images: the image's digest; null for others.</summary>
    public Digest? Image { get; init; }

    /// <summary>Number of labels.</summary>
    public int SupervisedCount => Supervised.AsSpan(Math.Min(1, Supervised.Length)).Count(true);
}

/// <summary>Everything that a run is made of. The result is a function of it alone.</summary>
public sealed record TrainRun
{
    /// <summary>The settings.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>What is learned, with the model on its engine.</summary>
    public required IObjective Objective { get; init; }

    /// <summary>What is trained on, in the dataset's order.</summary>
    public required IReadOnlyList<TrainExample> Train { get; init; }

    /// <summary>The datasets that <see cref="Train"/> is made of, in its order; null: one.</summary>
    public IReadOnlyList<DataPart>? Parts { get; init; }

    /// <summary>What is measured only.</summary>
    public IReadOnlyList<TrainExample> HeldOut { get; init; } = [];

    /// <summary>Where checkpoints go and come from; null for none.</summary>
    public CheckpointStore? Checkpoints { get; init; }

    /// <summary>Another job's checkpoint to begin with; null: the base.</summary>
    public StartingPoint? From { get; init; }

    /// <summary>What a checkpoint must agree with to be continued.</summary>
    public RunIdentity Identity { get; init; } = RunIdentity.None;

    /// <summary>The processes that share its micro-batches; null: this one alone. The result does not depend on it.</summary>
    internal Crew? Crew { get; init; }
}

/// <summary>How a run ended. Failure is an exception.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Log">Metrics of every step, from the first on, also when the run was resumed.</param>
public abstract record TrainOutcome(int Step, IReadOnlyList<StepMetrics> Log)
{
    /// <summary>Records that could not be read and what stood in for them.</summary>
    public IReadOnlyList<Substitution> Substituted { get; init; } = [];

    /// <summary>All steps are done, or the recipe's patience is at its end.</summary>
    public sealed record Completed(int Step, IReadOnlyList<StepMetrics> Log) : TrainOutcome(Step, Log)
    {
        /// <summary>The step whose weights are the result: the last, or the best where the recipe asks for it.</summary>
        public int ResultStep { get; init; } = Step;

        /// <summary>Another job's checkpoint that it began with; null: the base.</summary>
        public CheckpointPin? From { get; init; }
    }

    /// <summary>It was stopped on purpose.</summary>
    public sealed record Stopped(StopReason Reason, int Step, IReadOnlyList<StepMetrics> Log) : TrainOutcome(Step, Log);
}

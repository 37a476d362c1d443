namespace Temper.Training.Estimation;

/// <summary>What a run will hold in its engine at its peak, in bytes by kind.</summary>
/// <param name="Weights">Of the model, trained or not.</param>
/// <param name="Adapters">Of an adapter; 0 without one.</param>
/// <param name="Optimizer">The optimizer's state.</param>
/// <param name="Gradients">Of the trained weights.</param>
/// <param name="Activations">What the largest micro-batch needs besides.</param>
/// <param name="Logits">Of it, scores of the vocabulary.</param>
/// <param name="Peak">All of it, as the engine will report it.</param>
public sealed record MemoryEstimate(long Weights, long Adapters, long Optimizer, long Gradients, long Activations, long Logits, long Peak)
{
    /// <summary>Tokens of the largest micro-batch.</summary>
    public long LargestBatch { get; init; }

    /// <summary>Whether <see cref="Peak"/> was reached in a trial, or worked out from a smaller one because a trial would not have fitted.</summary>
    public bool Measured { get; init; } = true;

    /// <summary>Where a limit is exceeded: what to change, the cheapest first; at most three.</summary>
    public IReadOnlyList<MemoryRemedy> Remedies { get; init; } = [];
}

/// <summary>A change of the recipe that makes a run smaller.</summary>
/// <param name="Change">As it is written.</param>
/// <param name="Peak">Bytes at the peak then.</param>
/// <param name="Cost">What is paid for it.</param>
public sealed record MemoryRemedy(string Change, long Peak, string Cost);

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
    /// <summary>Processes that share the run; all numbers are of all of them together.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>Tokens of the largest micro-batch.</summary>
    public long LargestBatch { get; init; }

    /// <summary>Whether <see cref="Peak"/> was reached in a trial, or worked out from a smaller one because a trial would not have fitted.</summary>
    public bool Measured { get; init; } = true;

    /// <summary>Where a limit is exceeded: what to change, the cheapest first; at most three.</summary>
    public IReadOnlyList<MemoryRemedy> Remedies { get; init; } = [];

    /// <summary>The same for so many processes: each has weights, gradients and activations of its own, and the first one alone an optimizer.</summary>
    /// <param name="processes">1 and up.</param>
    /// <param name="limit">Bytes that all of them may hold together; null: no limit.</param>
    internal MemoryEstimate Times(int processes, double? limit) => processes == 1 ? this : this with
    {
        Weights = processes * Weights,
        Adapters = processes * Adapters,
        Gradients = processes * Gradients,
        Activations = processes * Activations,
        Logits = processes * Logits,
        Peak = Together(Peak, Optimizer, processes),
        Processes = processes,
        Remedies = !(Together(Peak, Optimizer, processes) > limit) ? [] : [.. Remedies.Select(r => r with { Peak = Together(r.Peak, Optimizer, processes) })
            .Prepend(new("training: {data_parallel_size: 1}", Peak, "the same bits, one process")).OrderBy(r => r.Peak <= limit ? 0 : 1).Take(3)],
    };

    private static long Together(long peak, long optimizer, int processes) => processes * peak - (processes - 1) * optimizer;
}

/// <summary>A change of the recipe that makes a run smaller.</summary>
/// <param name="Change">As it is written.</param>
/// <param name="Peak">Bytes at the peak then.</param>
/// <param name="Cost">What is paid for it.</param>
public sealed record MemoryRemedy(string Change, long Peak, string Cost);

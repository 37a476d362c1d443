using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>What a run learns: which tensors are trained, how examples become a batch, and a batch a loss. One loop trains all of them.</summary>
public interface IObjective
{
    /// <summary>Where it is computed.</summary>
    IEngine Engine { get; }

    /// <summary>The tensors that are trained, under the names of the files they are written to, in a fixed order.</summary>
    IReadOnlyList<NamedTensor> Trained { get; }

    /// <summary><c>adapter_config.json</c> where <see cref="Trained"/> is an adapter; null where it is the model itself.</summary>
    byte[]? AdapterConfig { get; }

    /// <summary>Bytes of the weights that are not trained.</summary>
    double FrozenBytes { get; }

    /// <summary>What is counted, under the names that metrics.jsonl uses.</summary>
    UnitNames Names => UnitNames.Tokens;

    /// <summary>Factor on the learning rate of one of <see cref="Trained"/>.</summary>
    double RateScale(string name) => 1;

    /// <summary>What keeps the settings from fitting the model, all at once.</summary>
    IEnumerable<Problem> Check(Recipe recipe);

    /// <summary>What keeps an example from being learned; nothing for almost all.</summary>
    IEnumerable<Problem> Check(TrainExample example, Recipe recipe);

    /// <summary>Lays examples end to end. Called ahead of the loop, on any thread.</summary>
    MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen);

    /// <summary>The loss of a batch, summed over its <see cref="MicroBatch.Units"/>.</summary>
    StepLoss Loss(MicroBatch micro, in LossPass pass);
}

/// <summary>Names of the metrics that every task has.</summary>
/// <param name="Accuracy">Share of the units that are right.</param>
/// <param name="Units">How many units a step had.</param>
public sealed record UnitNames(string Accuracy, string Units)
{
    /// <summary>Of tasks that learn the next token.</summary>
    public static readonly UnitNames Tokens = new("token_accuracy", "supervised_tokens");

    /// <summary>Of tasks that judge whole examples.</summary>
    public static readonly UnitNames Examples = new("accuracy", "examples");

    /// <summary>Of tasks that compare pairs; TRL's name of the accuracy.</summary>
    public static readonly UnitNames Pairs = new("rewards/accuracies", "pairs");

    /// <summary>Of tasks that find the text that belongs to another.</summary>
    public static readonly UnitNames TextPairs = new("accuracy", "pairs");
}

/// <summary>One pass through a model.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Step">0-based step; below 0 when the loss is only measured: no dropout, no noise.</param>
/// <param name="Micro">Of the micro-batch in its step.</param>
public readonly record struct LossPass(ulong Seed, int Step, int Micro)
{
    /// <summary>Measured, not learned from.</summary>
    public static readonly LossPass Measured = new(0, -1, 0);

    /// <summary>Whether gradients will be asked for.</summary>
    public bool Training => Step >= 0;

    /// <summary>Called with the input of each block of the model, by its number, and after the last with the output; what it returns goes on. Null: not called. An
    /// objective may leave it out.</summary>
    internal Func<int, Tensor, Tensor>? Border { get; init; }

    /// <summary>Random numbers of this pass for one purpose of <see cref="RandomStreams"/>; null when measuring.</summary>
    internal RandomKey? Key(uint stream) => Training ? new RandomKey(Seed, stream, (uint)Step, (uint)Micro) : null;
}

/// <summary>The loss of one batch.</summary>
/// <param name="Sum">Sum over all units; a scalar with a graph.</param>
/// <param name="Correct">How many units the model would have said (or chosen) itself; a scalar.</param>
public readonly record struct StepLoss(Tensor Sum, Tensor Correct)
{
    /// <summary>Further sums over the units, by the name of their metric; null for none.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>>? Measures { get; init; }
}

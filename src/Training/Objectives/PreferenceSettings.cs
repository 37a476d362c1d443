using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>How two answers are compared.</summary>
public enum PairLoss
{
    /// <summary>DPO (Rafailov et al. 2023, arXiv:2305.18290): −log σ(β·margin), margins of sums over an answer's tokens against a reference.</summary>
    Sigmoid,

    /// <summary>IPO (Azar et al. 2023, arXiv:2310.12036): (margin − 1/(2β))², margins of means over an answer's tokens against a reference.</summary>
    Ipo,

    /// <summary>ORPO (Hong et al. 2024, arXiv:2403.07691): −log p(chosen) − β·log σ(log odds ratio), both of means over an answer's tokens; no reference.</summary>
    Orpo,
}

/// <summary>Settings of preference training.</summary>
/// <param name="Loss">Which comparison.</param>
public sealed record PreferenceSettings(PairLoss Loss)
{
    /// <summary>What a recipe asks for.</summary>
    public static PreferenceSettings Of(Recipe recipe) => new(recipe.Task == TrainingTask.Orpo ? PairLoss.Orpo : recipe.Training.LossType == "ipo" ? PairLoss.Ipo : PairLoss.Sigmoid)
    {
        Beta = recipe.Training.Beta ?? 0.1,
        LabelSmoothing = recipe.Training.LabelSmoothingFactor,
    };

    /// <summary>Weight of the margin, in (0, 2]; of ORPO the weight of its second term. Default 0.1.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Share of pairs that are believed to be the wrong way round, in [0, 0.5); of <see cref="PairLoss.Sigmoid"/> alone. Default 0.</summary>
    public double LabelSmoothing { get; init; }
}

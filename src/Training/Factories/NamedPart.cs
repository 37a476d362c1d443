using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Factories;

/// <summary>A part of a run that recipes choose by its name. Built-in ones stand in the same tables as those of plug-ins.</summary>
/// <param name="Name">As recipes write it: <c>a-z 0-9 _</c>.</param>
public abstract record NamedPart(string Name)
{
    /// <summary>Settings of its own; a recipe that writes another one is refused.</summary>
    public IReadOnlyList<PartOption> Options { get; init; } = [];
}

/// <summary>Makes an optimizer. A plug-in derives its own from <see cref="HostOptimizer"/>; its state is kept in checkpoints, so a resumed run has the bits of an uninterrupted one.</summary>
/// <param name="Name">As recipes write it.</param>
/// <param name="Make">From what is trained to the optimizer.</param>
public sealed record NamedOptimizer(string Name, Func<OptimizerSetting, IOptimizer> Make) : NamedPart(Name);

/// <summary>What an optimizer is made of.</summary>
/// <param name="Engine">That the parameters belong to.</param>
/// <param name="Groups">What is updated, with weight decay and factors on the learning rate.</param>
/// <param name="Settings">Of the recipe: betas, epsilon.</param>
/// <param name="Options">The optimizer's own settings.</param>
public sealed record OptimizerSetting(IEngine Engine, IReadOnlyList<ParameterGroup> Groups, TrainingSettings Settings, PartValues Options);

/// <summary>What stands below the classifier of a model that learns classes, chosen by <c>head</c>: a <see cref="Temper.Models.ClassifierHead"/>.</summary>
/// <param name="Name">As recipes write it.</param>
public sealed record NamedHead(string Name) : NamedPart(Name);

/// <summary>The losses of units: what is learned of each supervised token, or of each input that is classified.</summary>
/// <param name="view">What the model says.</param>
/// <returns>The loss of every unit, in the shape of <see cref="LossView.LogProbs"/>, with its graph.</returns>
public delegate Tensor UnitLoss(LossView view);

/// <summary>What a loss sees of a batch.</summary>
/// <param name="Engine">Where it is computed.</param>
/// <param name="LogProbs">log p of the right answer, with its graph. Of tokens: [tokens], at the token that predicts the label, 0 where there is none (what a loss says there
/// does not count); of classes: [inputs].</param>
/// <param name="Batch">The batch.</param>
public sealed record LossView(IEngine Engine, Tensor LogProbs, MicroBatch Batch);

/// <summary>A loss, chosen by <c>loss_type</c>. It is trained with; measurements stay cross-entropy, so that runs can be compared.</summary>
/// <param name="Name">As recipes write it.</param>
/// <param name="Tasks">Tasks that it is of.</param>
/// <param name="Make">From its settings to the losses of units; null: the task computes it itself.</param>
public sealed record NamedLoss(string Name, IReadOnlyList<TrainingTask> Tasks, Func<PartValues, UnitLoss>? Make) : NamedPart(Name);

using Microsoft.Extensions.DependencyInjection;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Factories;

/// <summary>Everything that a recipe may choose by name: what is built in, and what the plug-ins of this process bring.</summary>
public sealed class RunParts
{
    private static readonly TrainingTask[] Tokens = [TrainingTask.CausalLm, TrainingTask.Pretrain], Classes = [TrainingTask.SequenceClassification, TrainingTask.ImageClassification];

    private static readonly NamedOptimizer[] Optimize =
    [
        new("adamw", s => s.Engine.AdamW(s.Groups, new(s.Settings.AdamBeta1, s.Settings.AdamBeta2, s.Settings.AdamEpsilon))),
        new("sgd", s => s.Engine.Sgd(s.Groups, new(s.Settings.AdamBeta1, s.Options.Flag("nesterov")))) { Options = [PartOption.Flag("nesterov", "Look ahead along the momentum")] },
        new("adafactor", s => new Adafactor(s.Engine, s.Groups)),
        new("lion", s => new Lion(s.Engine, s.Groups, s.Settings.AdamBeta1, s.Settings.AdamBeta2)),
    ];

    private static readonly NamedLoss[] Lose =
    [
        new("nll", Tokens, null),
        new("dft", Tokens, _ => DynamicLoss),
        new("sigmoid", [TrainingTask.Dpo], null),
        new("ipo", [TrainingTask.Dpo], null),
        new("cross_entropy", Classes, null),
        new("focal", Classes, options => view => FocalLoss(view, options.Whole("gamma"))) { Options = [PartOption.Whole("gamma", 1, 8, 2, "How much less a sure answer counts")] },
    ];

    private RunParts(IEnumerable<NamedSchedule> schedules, IEnumerable<NamedOptimizer> optimizers, IEnumerable<NamedLoss> losses, IEnumerable<ClassifierHead> heads)
    {
        (Schedules, Optimizers, Losses) = (new("schedule", Schedule.BuiltIn.Concat(schedules)), new("optimizer", Optimize.Concat(optimizers)), new("loss", Lose.Concat(losses)));
        Heads = new("head", heads.Select(head => new NamedHead(head.Name)).Prepend(new(ClassifierHeads.Linear)));
    }

    /// <summary>Without any plug-in.</summary>
    public static RunParts BuiltIn { get; } = new([], [], [], []);

    /// <summary>Shapes of the learning rate: <c>lr_scheduler_type</c>.</summary>
    public PartTable<NamedSchedule> Schedules { get; }

    /// <summary>Optimizers: <c>optim</c>.</summary>
    public PartTable<NamedOptimizer> Optimizers { get; }

    /// <summary>Losses: <c>loss_type</c>.</summary>
    public PartTable<NamedLoss> Losses { get; }

    /// <summary>What stands below a classifier: <c>head</c>.</summary>
    public PartTable<NamedHead> Heads { get; }

    /// <summary>What is built in and what plug-ins registered. Architectures and heads become known to this process.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>part_twice</c>.</exception>
    public static RunParts Of(IServiceProvider services)
    {
        DecoderFamilies.Register(services);
        ClassifierHeads.Register(services);
        return new(services.GetServices<NamedSchedule>(), services.GetServices<NamedOptimizer>(), services.GetServices<NamedLoss>(), services.GetServices<ClassifierHead>());
    }

    /// <summary>The loss that a recipe asks for where the task does not compute it itself; else null.</summary>
    internal UnitLoss? LossOf(TrainingSettings settings) =>
        settings.LossType is { } name && Losses[name] is { Make: { } make } loss ? make(new(loss, settings.LossKwargs)) : null;

    /// <summary>The parts that settings name.</summary>
    internal IEnumerable<(string Kind, NamedPart Part)> Used(TrainingSettings settings)
    {
        yield return (Schedules.Kind, Schedules[settings.LrSchedulerType]);
        yield return (Optimizers.Kind, Optimizers[settings.Optim ?? "adamw"]);
        if (settings.LossType is { } loss)
            yield return (Losses.Kind, Losses[loss]);
    }

    /// <summary>−p·log p, p without a graph: the gradient of cross-entropy divided by 1/p (Wu et al. 2025, arXiv:2508.05629).</summary>
    private static Tensor DynamicLoss(LossView view) => view.Engine.Scale(view.Engine.Mul(view.LogProbs, view.Engine.Detach(view.Engine.Exp(view.LogProbs))), -1);

    /// <summary>−(1 − p)^γ·log p (Lin et al. 2017, arXiv:1708.02002).</summary>
    private static Tensor FocalLoss(LossView view, int gamma)
    {
        var engine = view.Engine;
        var doubt = engine.Add(engine.Scale(engine.Exp(view.LogProbs), -1), engine.FromFloats([1], 1));
        var loss = engine.Scale(view.LogProbs, -1);
        for (var i = 0; i < gamma; i++)
            loss = engine.Mul(doubt, loss);
        return loss;
    }
}

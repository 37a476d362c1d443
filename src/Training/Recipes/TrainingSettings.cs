using System.Text.Json.Serialization;
using Temper.Training.Factories;

namespace Temper.Training.Recipes;

/// <summary>How a run learns.</summary>
public sealed record TrainingSettings
{
    /// <summary>Peak learning rate, in (0, 1]. Default 2e-4 with LoRA, 2e-5 without.</summary>
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>Passes over the data, in (0, 1000]; a part of a pass is allowed. Default 3; null where <see cref="MaxSteps"/> is given.</summary>
    public double? NumTrainEpochs { get; init; } = 3;

    /// <summary>Optimizer steps, instead of <see cref="NumTrainEpochs"/>.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Examples (or packed blocks) in one micro-batch, 1 and up. Default 4.</summary>
    public int PerDeviceTrainBatchSize { get; init; } = 4;

    /// <summary>Examples in one forward pass of an evaluation, 1 and up. Default 4.</summary>
    public int PerDeviceEvalBatchSize { get; init; } = 4;

    /// <summary>Micro-batches in one optimizer step, 1 and up. Default 1.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Processes on one machine that share the micro-batches of an optimizer step, 2 to 64; null: one. The result does not depend on it.</summary>
    public int? DataParallelSize { get; init; }

    /// <summary>Name of the shape of the learning rate over the run, among <see cref="RunParts.Schedules"/>. Default cosine.</summary>
    public string LrSchedulerType { get; init; } = "cosine";

    /// <summary>The schedule's own settings, by name: numbers, whole numbers, truth values and words; null: its defaults.</summary>
    public IReadOnlyDictionary<string, object>? LrSchedulerKwargs { get; init; }

    /// <summary>Share of all steps that warm up, in [0, 1]. Default 0.03 unless <see cref="WarmupSteps"/> is given.</summary>
    public double? WarmupRatio { get; init; }

    /// <summary>Steps that warm up, 0 and up.</summary>
    public int? WarmupSteps { get; init; }

    /// <summary>Decoupled weight decay, in [0, 1]; biases and norm weights have none. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Decay of the first moment, in [0, 1). Default 0.9.</summary>
    public double AdamBeta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1). Default 0.999.</summary>
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment, in (0, 1]. Default 1e-8.</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Gradients are scaled down to this norm; 0 never scales. Default 1.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>Recompute activations in the backward pass: less memory, more time, the same bits. Default false.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Keep weights that are not trained in bf16 and multiply by them with the processor's bf16 matrix instructions, where it has them; sums,
    /// adapters, norms, softmax and optimizer stay f32. Another numerics id. Needs <see cref="Recipe.Lora"/>. Default false.</summary>
    public bool Bf16 { get; init; }

    /// <summary>When the held-out records are measured. Default never.</summary>
    public Cadence EvalStrategy { get; init; } = Cadence.No;

    /// <summary>Steps between measurements; below 1 a share of all steps. Null: as <see cref="LoggingSteps"/>.</summary>
    public double? EvalSteps { get; init; }

    /// <summary>When checkpoints are written. Default every epoch.</summary>
    public Cadence SaveStrategy { get; init; } = Cadence.Epoch;

    /// <summary>Steps between checkpoints; below 1 a share of all steps. Default 500 where <see cref="SaveStrategy"/> is steps, else null.</summary>
    public double? SaveSteps { get; init; }

    /// <summary>Checkpoints kept, 1 and up; the newest always stays. Default 2.</summary>
    public int SaveTotalLimit { get; init; } = 2;

    /// <summary>Steps between lines of the log for people; metrics are kept for every step. Default 10.</summary>
    public int LoggingSteps { get; init; } = 10;

    /// <summary>What happens when loss or gradients are not numbers.</summary>
    public BadNumberPolicy OnNan { get; init; } = BadNumberPolicy.Fail;

    /// <summary>Name of the optimizer, among <see cref="RunParts.Optimizers"/>; null is adamw.</summary>
    public string? Optim { get; init; }

    /// <summary>The optimizer's own settings, by name; null: its defaults.</summary>
    public IReadOnlyDictionary<string, object>? OptimArgs { get; init; }

    /// <summary>Periods of a cosine, in (0, 1000]; null is ½.</summary>
    public double? NumCycles { get; init; }

    /// <summary>Learning rate at the end of the schedule cosine_with_min_lr, in [0, 1].</summary>
    public double? MinLr { get; init; }

    /// <summary>The same as a share of <see cref="LearningRate"/>.</summary>
    public double? MinLrRate { get; init; }

    /// <summary>Share of all steps in which the schedule wsd falls, in (0, 1]; null is 0.2.</summary>
    public double? DecayShare { get; init; }

    /// <summary>Noise on the embeddings in training: uniform in ±alpha/√(length · width) (Jain et al. 2023, arXiv:2310.05914). Above 0; null: none.</summary>
    public double? NeftuneNoiseAlpha { get; init; }

    /// <summary>Share of the target that is spread over all tokens or classes, in [0, 1); in DPO the share of labels taken as swapped. Default 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double LabelSmoothingFactor { get; init; }

    /// <summary>Leave a last micro-batch that is not full out of an epoch. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DataloaderDropLast { get; init; }

    /// <summary>The result is the checkpoint that measured best. Default false: the last step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LoadBestModelAtEnd { get; init; }

    /// <summary>A name of a measurement's metrics; null is <c>eval_loss</c>.</summary>
    public string? MetricForBestModel { get; init; }

    /// <summary>Whether more of <see cref="MetricForBestModel"/> is better; null: unless its name ends in loss or perplexity.</summary>
    public bool? GreaterIsBetter { get; init; }

    /// <summary>Measurements without improvement after which training ends, 1 and up; null: never.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>Least improvement that counts, 0 and up; null is 0.</summary>
    public double? EarlyStoppingThreshold { get; init; }

    /// <summary>What happens when the loss leaves its recent range. Default: it is said.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public SpikePolicy OnSpike { get; init; }

    /// <summary>Dropped updates in a row that fail the run, 1 to 1000; null is 3.</summary>
    public int? MaxSkippedSteps { get; init; }

    /// <summary>Strength of the preference in DPO and ORPO, in (0, 2]; null is 0.1.</summary>
    public double? Beta { get; init; }

    /// <summary>Name of the loss, among those of the task in <see cref="RunParts.Losses"/>; null is the task's own (nll, sigmoid, cross_entropy).</summary>
    public string? LossType { get; init; }

    /// <summary>The loss's own settings, by name; null: its defaults.</summary>
    public IReadOnlyDictionary<string, object>? LossKwargs { get; init; }

    /// <summary>Name of what stands below the classifier, among <see cref="RunParts.Heads"/>; null is the base's own, or linear.</summary>
    public string? Head { get; init; }

    /// <summary>Of a classifier only the head is trained. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FreezeBackbone { get; init; }

    /// <summary>Epochs after which a frozen backbone is trained, too; null: never.</summary>
    public int? UnfreezeAtEpoch { get; init; }

    /// <summary>Blocks of a frozen backbone, from the last on, that are trained: from the start, or where <see cref="UnfreezeAtEpoch"/> is given after so many epochs; null: none, or then all.</summary>
    public int? UnfreezeLastLayers { get; init; }

    /// <summary>Factor on the learning rate for each block below the last, in (0, 1]; null is 1.</summary>
    public double? LayerwiseLrDecay { get; init; }

    /// <summary>Weight of each class in the loss, above 0; a label that is not named has 1. Null: all the same.</summary>
    public IReadOnlyDictionary<string, double>? ClassWeights { get; init; }

    /// <summary>Weigh classes by records / (classes · records of the class). Written <c>class_weights: balanced</c>. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool BalanceClasses { get; init; }

    /// <summary>Random changes of training images; null: none.</summary>
    public IReadOnlyList<Augmentation>? Augment { get; init; }

    /// <summary>What the names stand for. Not part of the recipe's text: a reader with other plug-ins refuses names that it does not know.</summary>
    [JsonIgnore]
    public RunParts Parts { get; init; } = RunParts.BuiltIn;
}

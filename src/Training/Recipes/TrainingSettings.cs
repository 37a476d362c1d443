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

    /// <summary>Shape of the learning rate over the run. Default cosine.</summary>
    public SchedulerType LrSchedulerType { get; init; } = SchedulerType.Cosine;

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
}

/// <summary>Shape of the learning rate over a run.</summary>
public enum SchedulerType
{
    /// <summary>Warm up, then fall along half a cosine to 0.</summary>
    Cosine,

    /// <summary>Warm up, then fall in a straight line to 0.</summary>
    Linear,

    /// <summary>The peak from the first step on; no warm-up.</summary>
    Constant,

    /// <summary>Warm up, then stay at the peak.</summary>
    ConstantWithWarmup,
}

/// <summary>How often something is done.</summary>
public enum Cadence
{
    /// <summary>Never (a run still saves its result).</summary>
    No,

    /// <summary>Every so many steps.</summary>
    Steps,

    /// <summary>At the end of every epoch.</summary>
    Epoch,
}

/// <summary>What happens when loss or gradients are not finite.</summary>
public enum BadNumberPolicy
{
    /// <summary>The run fails before the update; the checkpoints stay.</summary>
    Fail,

    /// <summary>The update is dropped; three in a row fail the run.</summary>
    Skip,
}

/// <summary>What a run may use.</summary>
public sealed record LimitSettings
{
    /// <summary>Most memory of the engine in GiB; null: no limit.</summary>
    public double? MemoryGib { get; init; }

    /// <summary>Longest time of training; null: no limit. Written as <c>90s</c>, <c>30m</c>, <c>2h</c> or <c>1.5d</c>.</summary>
    [System.Text.Json.Serialization.JsonConverter(typeof(DurationJson))]
    public TimeSpan? MaxDuration { get; init; }
}

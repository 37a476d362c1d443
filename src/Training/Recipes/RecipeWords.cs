namespace Temper.Training.Recipes;

/// <summary>What a run learns.</summary>
public enum TrainingTask
{
    /// <summary>The next token of supervised text.</summary>
    CausalLm,

    /// <summary>To prefer one answer to another, against the base (Rafailov et al. 2023, arXiv:2305.18290).</summary>
    Dpo,

    /// <summary>To prefer one answer to another, without a reference (Hong et al. 2024, arXiv:2403.07691).</summary>
    Orpo,

    /// <summary>The class of a text.</summary>
    SequenceClassification,

    /// <summary>The class of an image.</summary>
    ImageClassification,

    /// <summary>Vectors of texts, so that what belongs together is near.</summary>
    Embedding,

    /// <summary>The next token of plain text, from random weights.</summary>
    Pretrain,
}

/// <summary>How gradients become updates.</summary>
public enum OptimizerType
{
    /// <summary>Adam with decoupled weight decay (Loshchilov &amp; Hutter 2019, arXiv:1711.05101).</summary>
    Adamw,

    /// <summary>Gradient descent; its momentum is <see cref="TrainingSettings.AdamBeta1"/>, and decay is added to the gradient.</summary>
    Sgd,

    /// <summary>Factored second moments (Shazeer &amp; Stern 2018, arXiv:1804.04235).</summary>
    Adafactor,

    /// <summary>The sign of a momentum (Chen et al. 2023, arXiv:2302.06675), with both betas.</summary>
    Lion,
}

/// <summary>What happens when the loss leaves its recent range.</summary>
public enum SpikePolicy
{
    /// <summary>It is said, with the examples.</summary>
    Warn,

    /// <summary>The run goes back to its last checkpoint and on in another order, three times at most.</summary>
    Rollback,
}

/// <summary>Loss of preference optimisation.</summary>
public enum PreferenceLoss
{
    /// <summary>−log σ of the margin.</summary>
    Sigmoid,

    /// <summary>The squared distance of the margin from 1 / (2β), on averages of tokens (Azar et al. 2023, arXiv:2310.12036).</summary>
    Ipo,
}

/// <summary>A random change of a training image.</summary>
public enum Augmentation
{
    /// <summary>A part of it.</summary>
    Crop,

    /// <summary>Mirrored, one time in two.</summary>
    Flip,
}

/// <summary>Shape of the learning rate over a run.</summary>
public enum SchedulerType
{
    /// <summary>Warm up, then fall along half a cosine to 0 (or along <see cref="TrainingSettings.NumCycles"/> periods).</summary>
    Cosine,

    /// <summary>Warm up, then fall in a straight line to 0.</summary>
    Linear,

    /// <summary>The peak from the first step on; no warm-up.</summary>
    Constant,

    /// <summary>Warm up, then stay at the peak.</summary>
    ConstantWithWarmup,

    /// <summary>As cosine, down to <see cref="TrainingSettings.MinLr"/> or <see cref="TrainingSettings.MinLrRate"/>.</summary>
    CosineWithMinLr,

    /// <summary>Warm up, hold, then fall by 1 − √ in the last <see cref="TrainingSettings.DecayShare"/> of the steps.</summary>
    Wsd,

    /// <summary>Warm up, then fall along half a cosine, again and again: <see cref="TrainingSettings.NumCycles"/> times, once by default.</summary>
    CosineWithRestarts,

    /// <summary>As linear, down to 1e-7.</summary>
    Polynomial,

    /// <summary>Warm up, then fall by 1 / √step.</summary>
    InverseSqrt,
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

    /// <summary>The update is dropped; <see cref="TrainingSettings.MaxSkippedSteps"/> in a row fail the run.</summary>
    Skip,
}

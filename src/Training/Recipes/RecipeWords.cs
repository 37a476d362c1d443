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

/// <summary>What happens when the loss leaves its recent range.</summary>
public enum SpikePolicy
{
    /// <summary>It is said, with the examples.</summary>
    Warn,

    /// <summary>The run goes back to its last checkpoint and on in another order, three times at most.</summary>
    Rollback,
}

/// <summary>A random change of a training image.</summary>
public enum Augmentation
{
    /// <summary>A part of it.</summary>
    Crop,

    /// <summary>Mirrored, one time in two.</summary>
    Flip,
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

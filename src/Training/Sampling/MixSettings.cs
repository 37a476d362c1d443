namespace Temper.Training.Sampling;

/// <summary>How the dataset of the next draw is chosen. Names are SimpleTuner's where it has one.</summary>
public enum MixStrategy
{
    /// <summary>Probability × what is left of it in this epoch: in proportion, without replacement.</summary>
    AutoWeighting,

    /// <summary>Probability alone, whatever the size.</summary>
    Uniform,

    /// <summary>One after another, in the order of the configuration; probability counts only as 0 or not.</summary>
    RoundRobin,

    /// <summary>All of the first, then all of the second, and so on.</summary>
    Sequential,

    /// <summary>Probability × (items of an epoch)^alpha: between uniform (alpha 0) and by size (alpha 1).</summary>
    Temperature,
}

/// <summary>When an epoch ends.</summary>
public enum StopOn
{
    /// <summary>Every dataset has given all its passes.</summary>
    AllExhausted,

    /// <summary>One dataset has; what is left of the others is not seen in this epoch.</summary>
    FirstExhausted,

    /// <summary>Never: datasets begin again as often as needed, with weights that do not change, until the run's last step.</summary>
    MaxSteps,
}

/// <summary>What becomes of items that do not fill a batch at the end of an epoch.</summary>
public enum Remainder
{
    /// <summary>They are a smaller batch. The default without buckets.</summary>
    Short,

    /// <summary>The batch is filled up with items of the same bucket, which are then seen once more.</summary>
    PadFromSameBucket,

    /// <summary>They are left out of this epoch.</summary>
    Drop,

    /// <summary>They come first in the next epoch. The default with buckets.</summary>
    Carry,
}

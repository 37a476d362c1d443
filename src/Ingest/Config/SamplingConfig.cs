namespace Temper.Ingest;

/// <summary>How often and when a dataset is drawn from in training.</summary>
public sealed record SamplingConfig
{
    /// <summary>Weight among the datasets, 0 and up. Default 1.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Passes after the first: 0 means once. Default 0. (Kohya's scripts count the first, too.)</summary>
    public int Repeats { get; init; }

    /// <summary>First epoch, 1 and up. Default 1.</summary>
    public int StartEpoch { get; init; } = 1;

    /// <summary>First optimizer step, 0 and up. Default 0.</summary>
    public long StartStep { get; init; }

    /// <summary>Last epoch; null for the job's last.</summary>
    public int? EndEpoch { get; init; }

    /// <summary>Last optimizer step; null for the job's last.</summary>
    public long? EndStep { get; init; }

    /// <summary>Records a batch; null for the job's.</summary>
    public int? TrainBatchSize { get; init; }

    /// <summary>Passes over the dataset: 1 + <see cref="Repeats"/>.</summary>
    public int Passes => 1 + Repeats;
}

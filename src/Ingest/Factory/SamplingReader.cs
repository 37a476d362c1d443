namespace Temper.Ingest;

/// <summary>Reads how a dataset is drawn from, and checks its window.</summary>
internal static class SamplingReader
{
    /// <summary>Problems are collected.</summary>
    public static SamplingConfig Read(ConfigSection section)
    {
        var defaults = new SamplingConfig();
        var read = new SamplingConfig
        {
            Probability = section.Number("probability") ?? defaults.Probability,
            Repeats = section.Small("repeats") ?? defaults.Repeats,
            StartEpoch = section.Small("start_epoch") ?? defaults.StartEpoch,
            StartStep = section.Whole("start_step") ?? defaults.StartStep,
            EndEpoch = section.Small("end_epoch"),
            EndStep = section.Whole("end_step"),
            TrainBatchSize = section.Small("train_batch_size"),
        };
        if (read.EndEpoch < read.StartEpoch)
            section.Add("CFG_BAD_VALUE", "end_epoch", $"end_epoch is {read.EndEpoch}, before start_epoch {read.StartEpoch}.");
        if (read.EndStep < read.StartStep)
            section.Add("CFG_BAD_VALUE", "end_step", $"end_step is {read.EndStep}, before start_step {read.StartStep}.");
        return read;
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Temper.Training;

/// <summary>Spans and measurements of this library.</summary>
internal static class TrainingTelemetry
{
    public static readonly ActivitySource Source = new("Temper.Training");
    private static readonly Meter Meter = new("Temper.Training");

    public static readonly Counter<long> Steps = Meter.CreateCounter<long>("temper.training.steps", "{step}", "Optimizer steps done.");
    public static readonly Counter<long> Tokens = Meter.CreateCounter<long>("temper.training.tokens", "{token}", "Tokens that went through the model in training.");
    public static readonly Histogram<double> CheckpointSeconds = Meter.CreateHistogram<double>("temper.training.checkpoint.duration", "s", "From the copy in memory to the seal.");
    public static readonly Histogram<double> CheckpointStall = Meter.CreateHistogram<double>("temper.training.checkpoint.stall", "s", "Time that the loop waited for a checkpoint: for the one before it, and for the copy in memory.");
    public static readonly Histogram<double> BatchWait = Meter.CreateHistogram<double>("temper.training.batch.wait", "s", "Time that the loop waited for its next batch: the stall.");
    public static readonly Histogram<int> QueueDepth = Meter.CreateHistogram<int>("temper.training.queue.depth", "{batch}", "Batches that were ready when the loop asked for one.");
    public static readonly Counter<long> Samples = Meter.CreateCounter<long>("temper.training.samples.consumed", "{sample}", "Examples or packed blocks that an optimizer step used, by dataset.");
    public static readonly Gauge<double> MixError = Meter.CreateGauge<double>("temper.training.mix.error", "1", "Largest difference between a dataset's share of the draws and the one asked for.");
    public static readonly Counter<long> SupervisedTokens = Meter.CreateCounter<long>("temper.training.tokens.supervised", "{token}", "Labels that an optimizer step used.");
    public static readonly Gauge<double> PaddingFraction = Meter.CreateGauge<double>("temper.training.padding.fraction", "1", "Share of a step's items that only fill its batch.");
    public static readonly Gauge<double> PackEfficiency = Meter.CreateGauge<double>("temper.training.pack.efficiency", "1", "Tokens in packed blocks, as a share of their room.");
    public static readonly Gauge<double> EpochCoverage = Meter.CreateGauge<double>("temper.training.epoch.coverage", "1", "Share of an epoch's items that were seen when it ended: 1.");
    public static readonly Histogram<double> ResumeSeconds = Meter.CreateHistogram<double>("temper.training.resume.duration", "s", "Finding the place in the data where a run goes on.");
    public static readonly Counter<long> Substituted = Meter.CreateCounter<long>("temper.training.records.substituted", "{record}", "Records that could not be read and were replaced, by dataset.");
    public static readonly Counter<long> Jobs = Meter.CreateCounter<long>("temper.training.jobs", "{job}", "Jobs by outcome.");

    /// <summary>What a step used, told once it is done.</summary>
    public static void Consumed(Planning.Update update, IReadOnlyList<Data.DataPart> parts)
    {
        Tokens.Add(update.Tokens);
        SupervisedTokens.Add(update.Units);
        MixError.Record(update.MixError);
        for (var d = 0; d < parts.Count; d++)
            Samples.Add(update.Samples[d], new KeyValuePair<string, object?>("dataset", parts[d].Id));
        PaddingFraction.Record(update.Padding / (double)Math.Max(1, update.Samples.Sum()));
        if (update.Coverage is { } coverage)
            EpochCoverage.Record(coverage);
        foreach (var note in update.Substitutions)
            Substituted.Add(1, new KeyValuePair<string, object?>("dataset", note.Dataset));
    }
}

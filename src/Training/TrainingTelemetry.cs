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
    public static readonly Counter<long> Jobs = Meter.CreateCounter<long>("temper.training.jobs", "{job}", "Jobs by outcome.");
}

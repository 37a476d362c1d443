using System.Diagnostics;
using Temper.Ingest;

namespace Temper.Bench;

/// <summary>Wall time and processor time of each stage of ingestion, from its spans. A stage inside another one counts in both.</summary>
internal sealed class StageMeter : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly List<(string Stage, double Wall, double Cpu)> _stages = [];

    public StageMeter()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == IngestTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = span => span.SetCustomProperty("cpu", Environment.CpuUsage.TotalTime.TotalSeconds),
            ActivityStopped = span => _stages.Add((span.OperationName, span.Duration.TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds - (double)span.GetCustomProperty("cpu")!)),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Seconds of each stage, and processor milliseconds per MB of input.</summary>
    public void Report(long bytes, Dictionary<string, object> fields)
    {
        foreach (var (stage, wall, cpu) in _stages)
        {
            var name = stage.Replace('.', '_');
            (fields[$"{name}_s"], fields[$"{name}_cpu_s"], fields[$"{name}_cpu_ms_mb"]) = (Math.Round(wall, 2), Math.Round(cpu, 2), Math.Round(1000 * cpu / (bytes / 1e6), 1));
        }
        _stages.Clear();
    }

    public void Dispose() => _listener.Dispose();
}

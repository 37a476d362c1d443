using System.Text.Json;
using Temper.Training.Checkpoints;

namespace Temper.Bench;

/// <summary>What a checkpoint tells of its run: seconds of training up to it, and the supervised tokens of every step.</summary>
internal sealed record CheckpointTimes(int Step, double Seconds, string Log)
{
    public static CheckpointTimes Read(string state)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(state));
        return new(json.RootElement.GetProperty("step").GetInt32(), json.RootElement.GetProperty("seconds").GetDouble(), Path.Combine(Path.GetDirectoryName(state)!, "metrics.jsonl"));
    }

    /// <summary>Supervised tokens of the steps behind <paramref name="step"/>.</summary>
    public double UnitsAfter(int step) => MetricsLog.Read(File.ReadAllBytes(Log)).Where(point => point.Step > step).Sum(point => point.Values["supervised_tokens"]);
}

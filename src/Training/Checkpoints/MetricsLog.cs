using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Training.Checkpoints;

/// <summary><c>metrics.jsonl</c>: one line a step. Equal bits after a resume but for <see cref="Rates"/>.</summary>
public static class MetricsLog
{
    /// <summary>Values that depend on the machine's speed.</summary>
    public static readonly IReadOnlyList<string> Rates = ["tokens_per_second"];

    /// <summary>The file's bytes.</summary>
    public static byte[] Bytes(IEnumerable<StepMetrics> steps)
    {
        var text = new StringBuilder();
        foreach (var step in steps)
            text.Append(JsonSerializer.Serialize(step, Wire.Json)).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Reads what <see cref="Bytes"/> made.</summary>
    /// <exception cref="TemperException"><c>checkpoint_corrupt</c>.</exception>
    public static List<StepMetrics> Read(byte[] bytes)
    {
        try
        {
            return [.. Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<StepMetrics>(line, Wire.Strict)!)];
        }
        catch (JsonException e)
        {
            throw new TemperException("checkpoint_corrupt", $"metrics.jsonl of a checkpoint cannot be read: {e.Message}", inner: e);
        }
    }
}

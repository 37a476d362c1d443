using System.Globalization;
using System.Text;
using Temper.Core.Work;

namespace Temper.Registry.Ui;

/// <summary>
/// The loss curve as points of an SVG polyline, 600 by 200 units: x runs from step 0 to the planned last step, y over the values that
/// occur, with a margin. Of a curve with more than <see cref="Most"/> points each column keeps its lowest and highest, so that no spike is lost.
/// <c>live.js</c> draws by the same rule.
/// </summary>
internal static class LossCurve
{
    public const int Width = 600;
    public const int Height = 200;

    /// <summary>Points that are drawn as they are.</summary>
    public const int Most = 2 * Width;

    /// <summary>Values at the lower and the upper edge; null when there are none yet.</summary>
    public static (double Low, double High)? Range(IReadOnlyList<StepMetrics> metrics)
    {
        var values = metrics.SelectMany(m => m.Values).Where(v => v.Key is "loss" or "eval_loss" && double.IsFinite(v.Value)).Select(v => v.Value).ToList();
        if (values.Count == 0)
            return null;
        var (low, high) = (values.Min(), values.Max());
        var margin = Math.Max(Math.Max((high - low) * 0.05, Math.Abs(high) * 1e-3), 1e-9);
        return (low - margin, high + margin);
    }

    /// <summary>Points of the series <paramref name="key"/>; empty when no step has it.</summary>
    public static string Points(IReadOnlyList<StepMetrics> metrics, string key, int totalSteps)
    {
        var points = metrics.Where(m => m.Values.ContainsKey(key)).Select(m => (m.Step, Value: m.Values[key])).Where(p => double.IsFinite(p.Value)).ToList();
        if (points.Count == 0 || Range(metrics) is not { } range)
            return "";
        var last = Math.Max(totalSteps, points[^1].Step);
        var text = new StringBuilder();
        foreach (var (step, value) in points.Count <= Most ? points : Thin(points, last))
            text.Append(CultureInfo.InvariantCulture, $"{(double)step / last * Width:F1},{(range.High - value) / (range.High - range.Low) * Height:F1} ");
        return text.ToString().TrimEnd();
    }

    private static IEnumerable<(int Step, double Value)> Thin(List<(int Step, double Value)> points, int last) =>
        points.GroupBy(p => (long)p.Step * Width / last).SelectMany(column => new[] { column.MinBy(p => p.Value), column.MaxBy(p => p.Value) }.OrderBy(p => p.Step).Distinct());
}

using System.Globalization;
using System.Text;
using Temper.Core.Work;

namespace Temper.Registry.Ui;

/// <summary>
/// The loss curve as points of an SVG polyline, 600 by 200 units: x runs from step 0 to the planned last step, y from the largest value (top) to the
/// smallest or zero, whichever is less (bottom). <c>live.js</c> draws by the same rule.
/// </summary>
internal static class LossCurve
{
    public const int Width = 600;
    public const int Height = 200;

    /// <summary>Points of the series <paramref name="key"/>; empty when no step has it.</summary>
    public static string Points(IReadOnlyList<StepMetrics> metrics, string key, int totalSteps)
    {
        var points = metrics.Where(m => m.Values.ContainsKey(key)).Select(m => (m.Step, Value: m.Values[key])).Where(p => double.IsFinite(p.Value)).ToList();
        if (points.Count == 0)
            return "";
        var top = metrics.SelectMany(m => m.Values).Where(v => v.Key is "loss" or "eval_loss" && double.IsFinite(v.Value)).Max(v => v.Value);
        var last = Math.Max(totalSteps, points[^1].Step);
        var text = new StringBuilder();
        foreach (var (step, value) in points)
            text.Append(CultureInfo.InvariantCulture, $"{(double)step / last * Width:F1},{Height - Math.Max(0, value) / Math.Max(top, 1e-9) * Height:F1} ");
        return text.ToString().TrimEnd();
    }
}

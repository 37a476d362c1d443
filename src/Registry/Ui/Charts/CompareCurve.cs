using Temper.Registry.Jobs;

namespace Temper.Registry.Ui.Charts;

/// <summary>What curves of several jobs are drawn over.</summary>
public enum CompareAxis
{
    /// <summary>Optimizer steps.</summary>
    Step,

    /// <summary>Seconds in training, of all attempts.</summary>
    Time,

    /// <summary>What was learned from: supervised tokens, or examples where no job counts those.</summary>
    Tokens,
}

/// <summary>A measure over another axis than steps, and smoothed.</summary>
internal static class CompareCurve
{
    private const string Tokens = "supervised_tokens", Examples = "examples";

    /// <summary>What jobs are drawn over where they shall be drawn over what was learned from: tokens where one of them counts tokens, else examples.</summary>
    public static string Unit(IEnumerable<IReadOnlyDictionary<string, IReadOnlyList<SeriesPiece>>> jobs)
    {
        var all = jobs.ToList();
        return !all.Exists(series => series.ContainsKey(Tokens)) && all.Exists(series => series.ContainsKey(Examples)) ? Examples : Tokens;
    }

    public static string Label(CompareAxis axis, string unit) => axis switch { CompareAxis.Time => "second", CompareAxis.Tokens => unit == Examples ? "example" : "token", _ => "step" };

    /// <summary>
    /// Points of the curve; empty where the measure, or the axis, is unknown. Smoothed values are the exponential moving mean whose weights are divided by their sum,
    /// so that the first one is the first value (Kingma and Ba 2014, section 3, call it bias correction).
    /// </summary>
    /// <param name="series">Of a job.</param>
    /// <param name="measure">Which of them.</param>
    /// <param name="axis">Of x.</param>
    /// <param name="unit">What <see cref="CompareAxis.Tokens"/> counts.</param>
    /// <param name="smoothing">0 to below 1: weight of what came before.</param>
    public static IReadOnlyList<(double X, double Y)> Points(IReadOnlyDictionary<string, IReadOnlyList<SeriesPiece>> series, string measure, CompareAxis axis, string unit, double smoothing)
    {
        if (!series.TryGetValue(measure, out var pieces) || Steps(series, axis, unit) is not { } at)
            return [];
        var points = smoothing > 0 ? Smooth(pieces, smoothing) : JobSeries.Points(pieces);
        return [.. points.Select(point => (at(point.Step), point.Value))];
    }

    private static IEnumerable<(int Step, double Value)> Smooth(IReadOnlyList<SeriesPiece> pieces, double smoothing)
    {
        var (mean, weight) = (0.0, 0.0);
        foreach (var piece in pieces)
        {
            (mean, weight) = (smoothing * mean + (1 - smoothing) * piece.Mean, smoothing * weight + (1 - smoothing));
            yield return (piece.First + (int)(piece.Count - 1) / 2, mean / weight);
        }
    }

    /// <summary>Where a step lies on the axis; null where nobody knows.</summary>
    private static Func<int, double>? Steps(IReadOnlyDictionary<string, IReadOnlyList<SeriesPiece>> series, CompareAxis axis, string unit)
    {
        if (axis == CompareAxis.Step)
            return step => step;
        var known = new List<(int Step, double At)> { (0, 0) };
        if (axis == CompareAxis.Time && series.TryGetValue("elapsed_seconds", out var seconds))
            known.AddRange(JobSeries.Points(seconds));
        else if (axis == CompareAxis.Tokens && series.TryGetValue(unit, out var learned))
            foreach (var piece in learned)
                known.Add((piece.First + (int)piece.Count - 1, known[^1].At + piece.Sum));
        return known.Count > 1 ? step => Between(known, step) : null;
    }

    private static double Between(List<(int Step, double At)> known, int step)
    {
        var after = known.FindIndex(point => point.Step >= step);
        if (after <= 0)
            return after < 0 ? known[^1].At : known[0].At;
        var (from, to) = (known[after - 1], known[after]);
        return from.At + (to.At - from.At) * (step - from.Step) / Math.Max(1, to.Step - from.Step);
    }
}

using System.Globalization;
using System.Text;

namespace Temper.Registry.Ui.Charts;

/// <summary>A curve.</summary>
/// <param name="Key">Name of the measure; live updates find the curve by it.</param>
/// <param name="Label">For people.</param>
/// <param name="Style">Class that colours it.</param>
/// <param name="Points">In order of x.</param>
/// <param name="Dots">Whether each point is shown: of measurements that are few.</param>
public sealed record ChartLine(string Key, string Label, string Style, IReadOnlyList<(double X, double Y)> Points, bool Dots = false);

/// <summary>Something that stands out.</summary>
/// <param name="Kind">Class that shapes it.</param>
/// <param name="X">Where.</param>
/// <param name="Y">At which height; null: at the upper edge.</param>
/// <param name="Text">What it is, in words.</param>
public sealed record ChartMark(string Kind, double X, double? Y, string Text);

/// <summary>
/// Curves over steps, seconds or tokens as points of an SVG of 600 by 200 units: x runs from 0 to <see cref="LastX"/>, y over the values that occur, with a margin.
/// <c>chart.js</c> draws by the same rule what comes later.
/// </summary>
public sealed record Chart(string Name, string Title, IReadOnlyList<ChartLine> Lines)
{
    public const int Width = 600;
    public const int Height = 200;
    private const int MostRows = 25;

    /// <summary>Of x, for people: step, seconds.</summary>
    public string XLabel { get; init; } = "step";

    /// <summary>Of y: empty, or bytes.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Least right edge: the steps that are planned.</summary>
    public double Planned { get; init; }

    public IReadOnlyList<ChartMark> Marks { get; init; } = [];

    /// <summary>Places of x that mean something, such as the rungs of a sweep.</summary>
    public IReadOnlyList<double> Guides { get; init; } = [];

    /// <summary>The guides as one path.</summary>
    public string GuidePath => string.Concat(Guides.Where(x => x <= LastX).Select(x => string.Create(CultureInfo.InvariantCulture, $"M{x / LastX * Width:F3} 0V{Height}")));

    /// <summary>Right edge.</summary>
    public double LastX => Lines.SelectMany(line => line.Points.TakeLast(1)).Select(point => point.X).Append(Planned).Append(double.Epsilon).Max();

    /// <summary>Values at the lower and the upper edge; null when there are none yet.</summary>
    public (double Low, double High)? Range
    {
        get
        {
            var values = Lines.SelectMany(line => line.Points).Select(point => point.Y).Where(double.IsFinite).ToList();
            if (values.Count == 0)
                return null;
            var (low, high) = (values.Min(), values.Max());
            var margin = Math.Max(Math.Max((high - low) * 0.05, Math.Abs(high) * 1e-3), 1e-9);
            return (low >= 0 ? Math.Max(0, low - margin) : low - margin, high + margin);
        }
    }

    /// <summary>What it shows, for those who do not see it.</summary>
    public string Description => string.Join(". ", Lines.Select(line => line.Points.Count == 0 ? $"{line.Label}: nothing yet"
        : $"{line.Label}: from {Value(line.Points[0].Y)} at {XLabel} {X(line.Points[0].X)} to {Value(line.Points[^1].Y)} at {XLabel} {X(line.Points[^1].X)}, least {Value(line.Points.Min(p => p.Y))}, most {Value(line.Points.Max(p => p.Y))}")) + ".";

    /// <summary>Points of a polyline.</summary>
    public string Points(ChartLine line) => Drawn(line, "", ",", " ");

    /// <summary>The same points as strokes without length, which round caps make dots.</summary>
    public string Dots(ChartLine line) => Drawn(line, "M", " ", "h0");

    /// <summary>Where a mark stands, in percent of the picture.</summary>
    public string Place(ChartMark mark)
    {
        var (low, high) = Range ?? (0, 1);
        var top = mark.Y is { } y ? Math.Clamp((high - y) / (high - low), 0, 1) : 0;
        return string.Create(CultureInfo.InvariantCulture, $"left:{Math.Clamp(mark.X / LastX, 0, 1) * 100:F2}%;top:{top * 100:F2}%");
    }

    /// <summary>A value in few digits.</summary>
    public string Value(double value) => Unit == "bytes" ? Show.Bytes((long)value) : Show.Figure(value);

    /// <summary>A place on the x axis: whole, but for a few seconds.</summary>
    public string X(double x) => XLabel == "second" && LastX < 100 ? x.ToString("F1", CultureInfo.InvariantCulture) : Show.Number((long)Math.Round(x));

    /// <summary>The chart as a table: at most 25 places of x, the last among them, with the newest value of each curve up to there.</summary>
    public IEnumerable<(double X, IReadOnlyList<string> Values)> Rows()
    {
        var places = Lines.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order().ToList();
        var every = Math.Max(1, (places.Count + MostRows - 1) / MostRows);
        for (var i = (places.Count - 1) % every; i >= 0 && i < places.Count; i += every)
            yield return (places[i], [.. Lines.Select(line => Until(line, places[i]) is { } value ? Value(value) : "")]);
    }

    private static double? Until(ChartLine line, double x) => line.Points.TakeWhile(point => point.X <= x).Select(point => (double?)point.Y).LastOrDefault();

    private string Drawn(ChartLine line, string before, string between, string after)
    {
        if (Range is not { } range)
            return "";
        var (text, last) = (new StringBuilder(), LastX);
        foreach (var (x, y) in line.Points.Where(point => double.IsFinite(point.Y)))
            text.Append(before).Append(CultureInfo.InvariantCulture, $"{x / last * Width:F3}").Append(between).Append(CultureInfo.InvariantCulture, $"{(range.High - y) / (range.High - range.Low) * Height:F6}").Append(after);
        return text.ToString().TrimEnd();
    }
}

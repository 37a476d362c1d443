using System.Globalization;

namespace Temper.Cli.Output;

/// <summary>
/// One line on stderr that shows how far long work is: a bar, a rate and the time left. On a terminal it is redrawn in place; in a pipe a plain
/// line comes every five seconds and at the end, and none of what takes less than a second.
/// </summary>
internal sealed class ProgressLine(string title, bool quiet, bool plain, TimeProvider clock) : IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(5), PlainFirst = TimeSpan.FromSeconds(1);
    private readonly long _began = clock.GetTimestamp();
    private long _drawn;
    private string _shown = "";
    private bool _open;

    /// <summary>Shows <paramref name="share"/> (0 to 1) and <paramref name="detail"/>; the time left is estimated from what has passed, unless somebody knows better.</summary>
    public void Show(double share, string detail, TimeSpan? timeLeft = null)
    {
        if (quiet || plain && clock.GetElapsedTime(_began) < PlainFirst || (_open && share < 1 && clock.GetElapsedTime(_drawn) < (plain ? PlainEvery : Redraw)))
            return;
        _drawn = clock.GetTimestamp();
        var elapsed = clock.GetElapsedTime(_began);
        var left = timeLeft is { } known ? $" {Time(known)} left" : share is > 0.01 and < 1 ? $" {Time(elapsed * ((1 - share) / share))} left" : "";
        Draw(share, $"{detail}{left}");
    }

    public void Dispose()
    {
        if (_open && !plain)
            Console.Error.WriteLine();
    }

    private void Draw(double share, string detail)
    {
        detail = Style.Clean(detail);
        var percent = (share * 100).ToString("F0", CultureInfo.InvariantCulture).PadLeft(3);
        _open = true;
        if (plain)
        {
            Console.Error.WriteLine($"{title}: {percent.Trim()} % {detail}".TrimEnd());
            return;
        }
        var full = (int)Math.Round(share * BarWidth);
        var text = $"{title} [{new string('#', full)}{new string('.', BarWidth - full)}] {percent}% {detail}";
        var width = Math.Max(20, Width() - 1);
        text = text.Length > width ? text[..width] : text;
        Console.Error.Write("\r" + text.PadRight(Math.Min(_shown.Length, width)));
        _shown = text;
    }

    private static int Width()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 100;
        }
        catch (IOException)
        {
            return 100;
        }
    }

    public static string Time(TimeSpan span) => span.TotalHours >= 1
        ? $"{(int)span.TotalHours}h{span.Minutes:D2}m"
        : span.TotalMinutes >= 1 ? $"{(int)span.TotalMinutes}m{span.Seconds:D2}s" : $"{Math.Max(0, (int)Math.Round(span.TotalSeconds))}s";
}

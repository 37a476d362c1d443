using System.Text;

namespace Temper.Serving;

/// <summary>
/// Passes text on until one of the stop strings appears in it, wherever the pieces were cut. What could still become a stop string is held back;
/// the stop string itself never comes out.
/// </summary>
/// <param name="stops">None of them empty.</param>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>Whether a stop string has appeared; from then on nothing comes out.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Text that may be shown now that <paramref name="piece"/> (whole characters) has arrived.</summary>
    public string Push(string piece)
    {
        if (Stopped)
            return "";
        if (stops.Count == 0)
            return piece;
        var text = _held.Append(piece).ToString();
        _held.Clear();
        var at = FirstStop(text);
        Stopped = at >= 0;
        if (Stopped)
            return text[..at];
        var safe = text.Length - HeldLength(text);
        _held.Append(text, safe, text.Length - safe);
        return text[..safe];
    }

    /// <summary>What was held back when the answer ends for another reason.</summary>
    public string Finish()
    {
        var rest = Stopped ? "" : _held.ToString();
        _held.Clear();
        return rest;
    }

    private int FirstStop(string text)
    {
        var first = -1;
        foreach (var stop in stops)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first < 0 || at < first))
                first = at;
        }
        return first;
    }

    /// <summary>Length of the longest ending of <paramref name="text"/> that begins a stop string.</summary>
    private int HeldLength(string text)
    {
        var longest = 0;
        foreach (var stop in stops)
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                {
                    longest = length;
                    break;
                }
        return longest;
    }
}

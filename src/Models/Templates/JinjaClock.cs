using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>The present time for <c>strftime_now</c>, in C's format letters.</summary>
internal sealed class JinjaClock(TimeProvider time)
{
    /// <summary>The local time as <paramref name="format"/> says.</summary>
    public string Format(string format, int line)
    {
        var now = time.GetLocalNow();
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length) text.Append(format[i]);
            else text.Append(Part(format[++i], now, line));
        }

        return text.ToString();
    }

    private static string Part(char letter, DateTimeOffset now, int line)
    {
        var pattern = letter switch
        {
            'Y' => "yyyy",
            'y' => "yy",
            'm' => "MM",
            'B' => "MMMM",
            'b' => "MMM",
            'd' => "dd",
            'A' => "dddd",
            'a' => "ddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            '%' => "'%'",
            _ => throw JinjaErrors.Unsupported(line, $"strftime_now with %{letter}"),
        };
        return now.ToString(pattern, CultureInfo.InvariantCulture);
    }
}

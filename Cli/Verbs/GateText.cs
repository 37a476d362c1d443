using System.Globalization;
using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

/// <summary>Bounds and gates as they are written on a command line.</summary>
internal static partial class GateText
{
    /// <summary>Reads <c>metric&gt;=0.9</c> or <c>metric&lt;=12</c>.</summary>
    /// <exception cref="TemperException">Code <c>gate_invalid</c>.</exception>
    public static MetricBound Bound(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success || !double.TryParse(match.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            throw new TemperException("gate_invalid", $"'{text}' is no bound.", "Write METRIC>=NUMBER or METRIC<=NUMBER, such as exact_match>=0.9.");
        var least = match.Groups["sign"].Value == ">=";
        return new(match.Groups["metric"].Value, least ? value : null, least ? null : value);
    }

    /// <summary>Reads <c>suite:metric&gt;=0.9</c>.</summary>
    /// <exception cref="TemperException">Code <c>gate_invalid</c>.</exception>
    public static AliasGate Gate(string text)
    {
        var cut = text.IndexOf(':', StringComparison.Ordinal);
        if (cut < 0 || !ResourceName.TryParse(text[..cut], out var suite))
            throw new TemperException("gate_invalid", $"'{text}' names no suite.", "Write SUITE:METRIC>=NUMBER, such as support:exact_match>=0.9.");
        var bound = Bound(text[(cut + 1)..]);
        return new(suite, bound.Metric, bound.AtLeast, bound.AtMost);
    }

    [GeneratedRegex(@"\A(?<metric>[a-z][a-z0-9_]*)\s*(?<sign>>=|<=)\s*(?<value>\S+)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}

using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Registry.Sweeps;

/// <summary>What a sweep compares: a number that jobs report, or one of a suite.</summary>
/// <param name="Key">Name among a job's points, or of the suite's metric.</param>
/// <param name="Suite">Name of the suite; null: jobs report it.</param>
internal sealed record SweepMetric(string Key, string? Suite)
{
    /// <exception cref="TemperException">Code <c>sweep_invalid</c>.</exception>
    public static SweepMetric Parse(string text)
    {
        var cut = text.IndexOf(':', StringComparison.Ordinal);
        var (suite, key) = cut < 0 ? (null, text) : (text[..cut], text[(cut + 1)..]);
        if (!MetricBound.IsMetric(key) || (suite is not null && !ResourceName.TryParse(suite, out _)))
            throw new TemperException("sweep_invalid", $"'{(text.Length > 80 ? text[..80] + "…" : text)}' is no metric.", "Write final_loss, eval_loss, the name of another number that jobs report, or SUITE:METRIC.");
        return new(key == "final_loss" ? "loss" : key, suite);
    }
}

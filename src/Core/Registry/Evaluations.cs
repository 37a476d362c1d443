using System.Text.Json;
using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>The result of a suite, to be attached to a model version.</summary>
/// <param name="Suite">Its name.</param>
/// <param name="SuiteDigest">Of the suite's settings and cases: only results of one digest compare.</param>
/// <param name="Metrics">Finite numbers by name.</param>
/// <param name="Report">Everything else worth keeping, such as the answers; null for nothing.</param>
public sealed record EvaluationDraft(ResourceName Suite, Digest SuiteDigest, SortedDictionary<string, double> Metrics, JsonElement? Report);

/// <summary>A result that stands in the registry.</summary>
/// <param name="Id">Of the result.</param>
/// <param name="Model">Whose.</param>
/// <param name="Version">Of the model.</param>
/// <param name="Suite">Its name.</param>
/// <param name="SuiteDigest">Of the suite.</param>
/// <param name="Metrics">By name.</param>
/// <param name="CreatedMs">Milliseconds since 1970, UTC.</param>
/// <param name="Report">Only when one result is asked for.</param>
public sealed record EvaluationInfo(string Id, ResourceName Model, int Version, ResourceName Suite, Digest SuiteDigest, SortedDictionary<string, double> Metrics, long CreatedMs, JsonElement? Report);

/// <summary>A bound on a metric of a suite.</summary>
/// <param name="Metric">Name of the metric.</param>
/// <param name="AtLeast">Least value; null for none.</param>
/// <param name="AtMost">Largest value; null for none.</param>
public sealed record MetricBound(string Metric, double? AtLeast, double? AtMost)
{
    /// <summary>Whether a name can be a metric's: 1 to 63 of <c>a-z 0-9 _</c>, the first a letter.</summary>
    public static bool IsMetric(string name) => name.Length is > 0 and < 64 && char.IsAsciiLetterLower(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    /// <summary>Whether a value passes.</summary>
    public bool Passes(double value) => !(value < AtLeast) && !(value > AtMost) && !double.IsNaN(value);

    /// <summary>As it is written: <c>metric&gt;=0.9</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Metric}{(AtLeast is { } least ? $">={least}" : "")}{(AtMost is { } most ? $"<={most}" : "")}");
}

/// <summary>What a version must have reached before an alias may stand on it: the newest result of a suite decides.</summary>
/// <param name="Suite">Name of the suite.</param>
/// <param name="Metric">Name of the metric.</param>
/// <param name="AtLeast">Least value; null for none.</param>
/// <param name="AtMost">Largest value; null for none.</param>
public sealed record AliasGate(ResourceName Suite, string Metric, double? AtLeast, double? AtMost)
{
    /// <summary>Whether a value passes.</summary>
    public bool Passes(double value) => new MetricBound(Metric, AtLeast, AtMost).Passes(value);

    /// <summary>As it is written: <c>suite:metric&gt;=0.9</c>.</summary>
    public override string ToString() => $"{Suite}:{new MetricBound(Metric, AtLeast, AtMost)}";
}

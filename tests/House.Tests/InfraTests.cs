using System.Text.Json;
using System.Text.RegularExpressions;

namespace Temper.House.Tests;

/// <summary>Alerts and dashboards ask for labels of metrics; one that no process writes would be silent for ever.</summary>
public sealed partial class InfraTests
{
    [Fact]
    public void Every_label_value_that_alerts_and_dashboards_ask_for_is_written_by_the_code()
    {
        var words = Sources.ProductCode().SelectMany(file => Words().Matches(Sources.Read(file)).Select(match => match.Value)).ToHashSet();
        var known = words.Concat(words.Select(word => JsonNamingPolicy.SnakeCaseLower.ConvertName(word))).ToHashSet();
        var asked = Sources.Files("*").Where(file => file.StartsWith("infra/", StringComparison.Ordinal)).SelectMany(file => Labels().Matches(Sources.Read(file))).Select(match => match.Groups[1].Value).ToList();
        Assert.Contains("failed", asked);
        Assert.Empty(asked.Where(value => !known.Contains(value)));
    }

    [Fact]
    public void Labels_of_metrics_are_words_as_the_wire_writes_them_and_not_names_of_the_code() => Assert.Empty(
        from file in Sources.ProductCode()
        from Match match in RawLabels().Matches(Sources.Read(file))
        select $"{file}: {match.Value}");

    [GeneratedRegex(@"[A-Za-z][A-Za-z0-9_-]*")]
    private static partial Regex Words();

    /// <summary>A label and one whole word: patterns are left out.</summary>
    [GeneratedRegex(@"[{,]\s*[a-z_]+=\\?""([A-Za-z][A-Za-z0-9_-]*)\\?""\s*[},]")]
    private static partial Regex Labels();

    [GeneratedRegex(@"KeyValuePair<string, object\?>\([^;]*?\.ToString\(\)\)")]
    private static partial Regex RawLabels();
}

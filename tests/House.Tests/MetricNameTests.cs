using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Testing;

namespace Temper.House.Tests;

/// <summary>The dashboard of infra/grafana and the alert rules beside it, and what the processes tell a collector.</summary>
public sealed class MetricNameTests
{
    /// <summary>Of .NET itself.</summary>
    private static readonly string[] Runtime = ["http_server_request_duration_seconds_count", "dotnet_process_memory_working_set_bytes", "dotnet_process_cpu_time_seconds_total"];

    private static readonly Dictionary<string, string> Units = new() { ["s"] = "_seconds", ["By"] = "_bytes" };

    [Fact]
    public void Every_metric_that_a_panel_or_an_alert_names_is_one_that_some_process_makes()
    {
        var made = Made().Concat(Runtime).ToHashSet(StringComparer.Ordinal);
        var named = Panels().Concat(Alerts()).SelectMany(expression => Regex.Matches(expression, @"\b(?:temper|data|gen_ai|http|dotnet)_\w+(?=[\[{)\s]|$)").Select(match => match.Value)).Except(["http_response_status_code"]).ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Where(name => !made.Contains(name)));
    }

    private static IEnumerable<string> Panels()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(RepoRoot.Of("infra/grafana/temper.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static IEnumerable<string> Alerts() => Regex.Matches(File.ReadAllText(RepoRoot.Of("infra/prometheus/alerts.yaml")), @"expr: (.*)").Select(match => match.Groups[1].Value);

    /// <summary>Names as the collector's exporter for Prometheus writes them: the unit behind the name where it is not in it, then what the kind adds.</summary>
    private static IEnumerable<string> Made() =>
        from file in Directory.EnumerateFiles(RepoRoot.Of("src"), "*.cs", SearchOption.AllDirectories)
        from Match found in Regex.Matches(File.ReadAllText(file), @"\.Create(Counter|Histogram|Gauge|ObservableGauge)(?:<\w+>)?\(""([a-z0-9_.]+)"",(?: \w+,)? ""([^""]*)""")
        let unit = Units.GetValueOrDefault(found.Groups[3].Value, found.Groups[3].Value == "1" && found.Groups[1].Value.EndsWith("Gauge", StringComparison.Ordinal) ? "_ratio" : "")
        let plain = found.Groups[2].Value.Replace('.', '_')
        let name = plain.EndsWith(unit, StringComparison.Ordinal) ? plain : plain + unit
        from ending in found.Groups[1].Value switch { "Counter" => new[] { "_total" }, "Histogram" => ["_bucket", "_count", "_sum"], _ => [""] }
        select name + ending;
}

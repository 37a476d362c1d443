using System.Globalization;
using System.Text.Json;

namespace Temper.Bench;

/// <summary>What pairs of runs say together.</summary>
internal static class Summary
{
    private static readonly string[] Rates = ["tok_s_med", "decode_tok_s_med", "prefill512_tok_s", "texts_s_med", "gflops_median", "lines_mb_s_med"];
    private static readonly string[] Kinds = ["bench", "tokenizer", "cfg", "mode", "dtype", "m", "n", "k", "prepacked"];

    /// <summary>Summary lines of the runs in files of JSON lines, a line for every kind of work and peer.</summary>
    public static void Print(IEnumerable<string> files)
    {
        var runs = files.SelectMany(File.ReadLines).Where(line => line.StartsWith("{\"who\"", StringComparison.Ordinal))
            .Select(line => (IReadOnlyDictionary<string, object>)JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!.ToDictionary(p => p.Key, p => (object)p.Value)).ToList();
        var pairs = runs.Chunk(2).Where(pair => pair.Length == 2);
        foreach (var group in pairs.GroupBy(pair => Text(pair[1], "who") + Title(pair[0]))) Report.Print(Of([.. group.SelectMany(pair => pair)]));
    }

    /// <summary>The summary of runs: ours, the peer's, ours, the peer's…</summary>
    public static Dictionary<string, object> Of(IReadOnlyList<IReadOnlyDictionary<string, object>> lines)
    {
        var (ours, peers) = (lines.Where((_, i) => i % 2 == 0).ToList(), lines.Where((_, i) => i % 2 == 1).ToList());
        var rate = Rates.First(ours[0].ContainsKey);
        var (our, their) = (ours.Select(line => Number(line, rate)).ToList(), peers.Select(line => Number(line, rate)).ToList());
        var ratios = our.Zip(their, (a, b) => a / b).ToList();
        var summary = new Dictionary<string, object>
        {
            ["summary"] = Title(ours[0]),
            ["rate"] = rate,
            ["pairs"] = ratios.Count,
            ["ours"] = Range(our),
            ["peer"] = Range(their),
            ["ratio_of_medians"] = Math.Round(Report.Median(our) / Report.Median(their), 3),
            ["ratio_median"] = Math.Round(Report.Median(ratios), 3),
            ["ratio_min"] = Math.Round(ratios.Min(), 3),
            ["ratio_max"] = Math.Round(ratios.Max(), 3),
            ["ours_peak_rss_mb"] = ours.Max(line => Number(line, "peak_rss_mb")),
            ["peer_peak_rss_mb"] = peers.Max(line => Number(line, "peak_rss_mb")),
            ["threads"] = Number(ours[0], "threads"),
            ["versions"] = string.Join("; ", new[] { Text(ours[0], "dotnet"), Text(ours[0], "engine"), Text(peers[0], "engine"), Text(peers[0], "blas"), Processor() }.Where(text => text.Length > 0).Distinct()),
        };
        if (ours[0].ContainsKey("share_of_read")) summary["share_of_read"] = Range([.. ours.Select(line => Number(line, "share_of_read"))]);
        return summary;
    }

    /// <summary>Smallest, median, largest.</summary>
    private static double[] Range(List<double> values) => [values.Min(), Report.Median(values), values.Max()];

    private static string Title(IReadOnlyDictionary<string, object> line) => string.Join(' ', Kinds.Where(line.ContainsKey).Select(kind => Text(line, kind)).Where(text => text != "False"));

    private static double Number(IReadOnlyDictionary<string, object> line, string name) => line.TryGetValue(name, out var value) ? Convert.ToDouble(value.ToString(), CultureInfo.InvariantCulture) : 0;

    private static string Text(IReadOnlyDictionary<string, object> line, string name) => line.TryGetValue(name, out var value) ? value.ToString()! : "";

    private static string Processor()
    {
        if (!File.Exists("/proc/cpuinfo")) return "";
        string Field(string name) => File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "?";
        return $"{Field("model name")}, family {Field("cpu family")} model {Field("model\t")}";
    }
}

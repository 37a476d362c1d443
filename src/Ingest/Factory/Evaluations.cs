using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Ingest;

/// <summary>
/// A dataset that names none is held against every eval dataset of the configuration. Those are built before it then, unless they must be built after it,
/// as one that names it under eval_of is.
/// </summary>
internal static class Evaluations
{
    /// <summary>The datasets with the edges that follow, and with the names in the configuration that goes with their uploads.</summary>
    public static List<DatasetEntry> Imply(List<DatasetEntry> active)
    {
        var evals = active.OfType<EvalEntry>().ToList();
        if (evals.Count == 0)
            return active;
        var needs = active.DistinctBy(e => e.Id).ToDictionary(e => e.Id, e => e.Edges.Select(edge => edge.To).ToList(), StringComparer.Ordinal);
        var result = new List<DatasetEntry>();
        foreach (var entry in active)
        {
            if (entry is not DataEntry data || entry is EvalEntry || data.Config.Contamination.Against.Count > 0)
            {
                result.Add(entry);
                continue;
            }
            var against = evals.Where(e => e.Config.Modality == data.Config.Modality && !Reaches(needs, e.Id, data.Id)).Select(e => e.Id).ToList();
            needs[data.Id].AddRange(against);
            result.Add(against.Count == 0 ? data : With(data, against));
        }
        return result;
    }

    private static DataEntry With(DataEntry data, List<string> against)
    {
        var upload = JsonNode.Parse(data.UploadConfig.GetRawText())!.AsObject();
        var contamination = upload["contamination"] as JsonObject ?? [];
        contamination["against"] = new JsonArray([.. against.Select(a => (JsonNode)a)]);
        upload["contamination"] = contamination.Parent is null ? contamination : contamination.DeepClone();
        return data with
        {
            Config = data.Config with { Contamination = data.Config.Contamination with { Against = against } },
            UploadConfig = JsonSerializer.SerializeToElement(upload),
            Edges = [.. data.Edges, .. against.Select(a => new DatasetEdge("contamination", a))],
        };
    }

    private static bool Reaches(Dictionary<string, List<string>> needs, string from, string to)
    {
        var (open, seen) = (new Stack<string>([from]), new HashSet<string>(StringComparer.Ordinal));
        while (open.TryPop(out var at))
        {
            if (at == to)
                return true;
            if (seen.Add(at))
                needs.GetValueOrDefault(at, []).ForEach(open.Push);
        }
        return false;
    }
}

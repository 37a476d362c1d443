using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Reads what a dataset wants of the rows: <c>columns</c> as a list, <c>filters</c>, and SimpleTuner's <c>huggingface.filter_func</c>, translated to filters.</summary>
internal static class HubQuery
{
    private const string QualityColumn = "quality_assessment";

    /// <exception cref="TemperException">Codes <c>CFG_WRONG_TYPE</c>, <c>CFG_BAD_VALUE</c>.</exception>
    public static RowQuery Of(BackendSettings settings)
    {
        var columns = settings.Json("columns") is { ValueKind: JsonValueKind.Array } list ? Texts(list, "columns") : null;
        var filters = settings.Json("filters") is { ValueKind: JsonValueKind.Array } conditions ? RowFilter.ParseList(conditions) : [];
        var function = settings.Json("huggingface") is { ValueKind: JsonValueKind.Object } section && section.TryGetProperty("filter_func", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        return new(columns, [.. filters, .. function.ValueKind == JsonValueKind.Object ? Translate(function) : []]);
    }

    /// <summary>Texts of a list, or the one text that stands for a list.</summary>
    public static IReadOnlyList<string> Texts(JsonElement value, string key)
    {
        var all = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value];
        return all.Length > 0 && all.All(item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length > 0)
            ? [.. all.Select(item => item.GetString()!)]
            : throw new TemperException([new Problem("CFG_WRONG_TYPE", $"'{key}' is a list of names, and not empty.") { Path = "/" + key }]);
    }

    private static IEnumerable<RowFilter> Translate(JsonElement function)
    {
        if (function.TryGetProperty("collection", out var collection) && collection.ValueKind != JsonValueKind.Null)
            yield return new("collection", RowOperator.In, collection.ValueKind == JsonValueKind.Array ? [.. collection.EnumerateArray().Select(value => value.Clone())] : [collection.Clone()]);
        var column = function.TryGetProperty("quality_column", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : QualityColumn;
        if (function.TryGetProperty("quality_thresholds", out var thresholds) && thresholds.ValueKind == JsonValueKind.Object)
        {
            foreach (var threshold in thresholds.EnumerateObject())
                yield return new($"{column}.{threshold.Name}", RowOperator.GreaterOrEqual, [threshold.Value.Clone()]);
        }
        foreach (var side in (string[])["width", "height"])
        {
            if (function.TryGetProperty("min_" + side, out var least) && least.ValueKind == JsonValueKind.Number)
                yield return new(side, RowOperator.GreaterOrEqual, [least.Clone()]);
        }
    }
}

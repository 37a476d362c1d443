using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models;

/// <summary>JSON as template values.</summary>
internal static class JinjaJson
{
    /// <summary>The template value of a JSON value.</summary>
    public static object? FromJson(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => FromObject(map),
        JsonArray list => list.Select(FromJson).ToList(),
        _ => FromScalar(node),
    };

    private static OrderedDictionary<string, object?> FromObject(JsonObject map)
    {
        var dict = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in map) dict[key] = FromJson(value);
        return dict;
    }

    private static object? FromScalar(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number => long.TryParse(node.ToJsonString(), out var whole) ? (object)whole : double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };
}

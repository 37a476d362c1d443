using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>JSON as template values.</summary>
internal static class JinjaJson
{
    /// <summary>The template value of a JSON value.</summary>
    /// <exception cref="TemperException">Code <c>invalid_json</c> for half of a surrogate pair or a doubled key, which the JSON parser finds only here.</exception>
    public static object? FromJson(JsonNode? node)
    {
        try
        {
            return Value(node);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new TemperException("invalid_json", $"Reading a chat: {e.Message}", inner: e);
        }
    }

    private static object? Value(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => FromObject(map),
        JsonArray list => list.Select(Value).ToList(),
        _ => FromScalar(node),
    };

    private static OrderedDictionary<string, object?> FromObject(JsonObject map)
    {
        var dict = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in map) dict[key] = Value(value);
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

using System.Text.Json;
using Temper.Core.Json;

namespace Temper.Registry.Ui;

/// <summary>A document of settings as lines: <c>training.learning_rate</c> and its value.</summary>
internal static class FlatSettings
{
    /// <summary>In order of keys; a list of plain values is one value.</summary>
    public static SortedDictionary<string, string> Of(JsonElement document)
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(lines, "", document);
        return lines;
    }

    private static void Add(SortedDictionary<string, string> lines, string path, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object && (value.EnumerateObject().Any() || path.Length == 0))
            foreach (var member in value.EnumerateObject())
                Add(lines, path.Length == 0 ? member.Name : $"{path}.{member.Name}", member.Value);
        else if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array))
            foreach (var (i, item) in value.EnumerateArray().Index())
                Add(lines, $"{path}[{i}]", item);
        else
            lines[path] = value.ValueKind == JsonValueKind.String ? value.GetString()! : JsonSerializer.Serialize(value, Wire.Json);
    }
}

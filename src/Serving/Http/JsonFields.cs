using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>
/// Fields of one JSON object, read by name and type. A null counts as absent. Remembers which names were asked for, so that the others can be reported.
/// </summary>
internal sealed class JsonFields(JsonElement element, string prefix = "")
{
    private readonly HashSet<string> _asked = [];

    /// <summary>The object itself.</summary>
    public JsonElement Element => element;

    /// <summary>Names that nobody asked for.</summary>
    public IReadOnlyList<string> Unasked => [.. element.EnumerateObject().Select(member => member.Name).Where(name => !_asked.Contains(name))];

    /// <summary>The value of a field; null when absent or null.</summary>
    public JsonElement? Find(string name)
    {
        _asked.Add(name);
        return element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>Where a field stands in the whole body.</summary>
    public string PathOf(string name) => prefix + name;

    /// <summary>A field that must be there.</summary>
    public JsonElement Require(string name) => Find(name)
        ?? throw new TemperException([new Problem("missing_required_parameter", $"Missing required parameter: '{prefix}{name}'.") { Path = prefix + name }]);

    /// <summary>A text.</summary>
    public string? Text(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw WrongType(prefix + name, "a string", value);

    /// <summary>A number.</summary>
    public double? Number(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : throw WrongType(prefix + name, "a number", value);

    /// <summary>A whole number.</summary>
    public int? Whole(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw WrongType(prefix + name, "a 32-bit integer", value);

    /// <summary>A large whole number.</summary>
    public long? Long(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw WrongType(prefix + name, "a 64-bit integer", value);

    /// <summary>A truth value.</summary>
    public bool? Flag(string name) => Find(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw WrongType(prefix + name, "a boolean", value);

    /// <summary>An object.</summary>
    public JsonFields? Object(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new(value, $"{prefix}{name}.") : throw WrongType(prefix + name, "an object", value);

    /// <summary>The error of a value that has another type.</summary>
    public static TemperException WrongType(string path, string expected, JsonElement found) =>
        new([new Problem("invalid_type", $"Invalid type for '{path}': expected {expected}, but got {Describe(found)}.") { Path = path }]);

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {value.GetRawText()}",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        JsonValueKind.Null => "null",
        _ => "an object",
    };
}

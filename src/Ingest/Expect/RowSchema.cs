using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>
/// What rows must be like, by the part of JSON Schema 2020-12 that rows of data need: type, required, properties, additionalProperties as truth value, items,
/// enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems, pattern. Patterns are matched without backtracking.
/// </summary>
internal sealed class RowSchema
{
    private const int MostShown = 20, LongestShown = 60;
    private static readonly string[] Notes = ["$schema", "$id", "$comment", "title", "description", "default", "examples"];
    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];
    private readonly Dictionary<string, RowSchema> _properties = new(StringComparer.Ordinal);
    private readonly List<string> _required = [];
    private readonly SortedDictionary<string, double> _bounds = new(StringComparer.Ordinal);
    private string[] _types = [];
    private JsonElement[] _words = [];
    private Regex? _pattern;
    private RowSchema? _items;
    private bool _closed;

    /// <summary>Reads a schema; <paramref name="wrong"/> gets the code, the pointer and the reason of each part that cannot be used.</summary>
    public static RowSchema Of(JsonElement schema, Action<string, string, string> wrong, string pointer = "")
    {
        var read = new RowSchema();
        if (schema.ValueKind != JsonValueKind.Object)
        {
            wrong("CFG_BAD_VALUE", pointer, "a schema is a mapping");
            return read;
        }
        foreach (var keyword in schema.EnumerateObject())
        {
            if (read.Read(keyword.Name, keyword.Value, wrong, pointer) is { } reason)
                wrong(keyword is { Name: "pattern", Value.ValueKind: JsonValueKind.String } ? "CFG_REGEX" : "CFG_BAD_VALUE", $"{pointer}/{keyword.Name}", reason);
        }
        return read;
    }

    /// <summary>Why a value does not meet the schema, and where; null when it does.</summary>
    public (string Pointer, string Reason)? Broken(JsonElement value, string pointer = "")
    {
        if (_types.Length > 0 && !_types.Any(type => Is(type, value)))
            return (pointer, $"must be {string.Join(" or ", _types)}; found {Kind(value)}");
        if (_words.Length > 0 && !_words.Any(word => JsonElement.DeepEquals(word, value)))
            return (pointer, $"must be {Allowed()}; found {Shown(value)}");
        return value.ValueKind switch
        {
            JsonValueKind.Object => Members(value, pointer),
            JsonValueKind.Array => Items(value, pointer),
            JsonValueKind.String => Text(value.GetString()!, pointer),
            JsonValueKind.Number => Number(value.GetDouble(), pointer),
            _ => null,
        };
    }

    private string? Read(string keyword, JsonElement value, Action<string, string, string> wrong, string pointer)
    {
        switch (keyword)
        {
            case "type":
                _types = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(t => t.ToString())] : [value.ToString()];
                return _types.Except(Types).FirstOrDefault() is { } unknown ? $"there is no type '{unknown}'" : null;
            case "required":
                if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
                    return "it must be a list of names";
                _required.AddRange(value.EnumerateArray().Select(v => v.GetString()!));
                return null;
            case "properties":
                foreach (var property in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : default)
                    _properties[property.Name] = Of(property.Value, wrong, $"{pointer}/properties/{property.Name}");
                return value.ValueKind == JsonValueKind.Object ? null : "it must be a mapping";
            case "additionalProperties":
                _closed = value.ValueKind == JsonValueKind.False;
                return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "it must be true or false";
            case "items":
                _items = Of(value, wrong, $"{pointer}/items");
                return null;
            case "enum" or "const":
                _words = keyword == "const" ? [value] : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];
                return _words.Length > 0 ? null : "it must be a list with at least one value";
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "minLength" or "maxLength" or "minItems" or "maxItems":
                _bounds[keyword] = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
                return value.ValueKind == JsonValueKind.Number ? null : "it must be a number";
            case "pattern":
                return Pattern(value);
            default:
                return Notes.Contains(keyword) ? null : $"the keyword '{keyword}' is not supported";
        }
    }

    private string? Pattern(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return "it must be text";
        _pattern = LinearPattern.Read(value.GetString()!, out var reason);
        return _pattern is null ? reason : null;
    }

    private (string, string)? Members(JsonElement value, string pointer)
    {
        if (_required.FirstOrDefault(name => !value.TryGetProperty(name, out _)) is { } missing)
            return (pointer, $"lacks '{missing}'");
        foreach (var property in value.EnumerateObject())
        {
            if (_properties.TryGetValue(property.Name, out var schema))
            {
                if (schema.Broken(property.Value, $"{pointer}/{property.Name}") is { } broken)
                    return broken;
            }
            else if (_closed)
            {
                return (pointer, $"has the key '{property.Name}', which the schema does not list");
            }
        }
        return null;
    }

    private (string, string)? Items(JsonElement value, string pointer)
    {
        if (Outside(value.GetArrayLength(), "minItems", "maxItems", "values") is { } reason)
            return (pointer, reason);
        if (_items is null)
            return null;
        foreach (var (item, index) in value.EnumerateArray().Select((item, index) => (item, index)))
        {
            if (_items.Broken(item, string.Create(CultureInfo.InvariantCulture, $"{pointer}/{index}")) is { } broken)
                return broken;
        }
        return null;
    }

    private (string, string)? Text(string text, string pointer)
    {
        var length = text.Length - text.Count(char.IsLowSurrogate);
        if (Outside(length, "minLength", "maxLength", "characters") is { } reason)
            return (pointer, reason);
        return _pattern is null || _pattern.IsMatch(text) ? null : (pointer, $"does not match {_pattern}");
    }

    private (string, string)? Number(double number, string pointer)
    {
        if (Outside(number, "minimum", "maximum", "") is { } reason)
            return (pointer, reason);
        if (_bounds.TryGetValue("exclusiveMinimum", out var above) && number <= above)
            return (pointer, string.Create(CultureInfo.InvariantCulture, $"must be above {above}; found {number}"));
        return _bounds.TryGetValue("exclusiveMaximum", out var below) && number >= below ? (pointer, string.Create(CultureInfo.InvariantCulture, $"must be below {below}; found {number}")) : null;
    }

    private string? Outside(double value, string least, string most, string unit)
    {
        var what = unit.Length == 0 ? "" : " " + unit;
        if (_bounds.TryGetValue(least, out var min) && value < min)
            return string.Create(CultureInfo.InvariantCulture, $"must have at least {min}{what}; found {value}");
        return _bounds.TryGetValue(most, out var max) && value > max ? string.Create(CultureInfo.InvariantCulture, $"must have at most {max}{what}; found {value}") : null;
    }

    private string Allowed() => _words.Length == 1 ? Shown(_words[0])
        : $"one of {string.Join(", ", _words.Take(MostShown).Select(Shown))}{(_words.Length > MostShown ? string.Create(CultureInfo.InvariantCulture, $" and {_words.Length - MostShown} more") : "")}";

    private static string Shown(JsonElement value) => Excerpts.Of(Encoding.UTF8.GetBytes(value.GetRawText()), LongestShown);

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number == Math.Floor(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}

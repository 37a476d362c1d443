using System.Text.Json;
using System.Text.RegularExpressions;

namespace Temper.Training.Suites;

/// <summary>
/// The part of JSON Schema (draft 2020-12) that says what an answer looks like: type, enum, const, properties, required, additionalProperties, items,
/// minItems, maxItems, minLength, maxLength, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, anyOf, allOf, not; title, description, default and
/// $schema say nothing. Any other word makes a schema invalid: what is not checked is not passed either.
/// </summary>
public static class JsonShape
{
    private const int MaxDepth = 64;
    private static readonly string[] Silent = ["title", "description", "default", "examples", "$schema", "$id", "$comment"];
    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];

    private static readonly Dictionary<string, Func<JsonElement, bool>> Words = new(StringComparer.Ordinal)
    {
        ["type"] = v => v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().All(IsType) : IsType(v),
        ["enum"] = v => v.ValueKind == JsonValueKind.Array,
        ["const"] = _ => true,
        ["properties"] = v => v.ValueKind == JsonValueKind.Object,
        ["required"] = v => v.ValueKind == JsonValueKind.Array && v.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String),
        ["additionalProperties"] = IsSchema,
        ["items"] = IsSchema,
        ["minItems"] = IsCount,
        ["maxItems"] = IsCount,
        ["minLength"] = IsCount,
        ["maxLength"] = IsCount,
        ["pattern"] = v => v.ValueKind == JsonValueKind.String && new RegexCheck(v.GetString()!).Invalid() is null,
        ["minimum"] = IsNumber,
        ["maximum"] = IsNumber,
        ["exclusiveMinimum"] = IsNumber,
        ["exclusiveMaximum"] = IsNumber,
        ["anyOf"] = v => v.ValueKind == JsonValueKind.Array && v.GetArrayLength() > 0,
        ["allOf"] = v => v.ValueKind == JsonValueKind.Array && v.GetArrayLength() > 0,
        ["not"] = IsSchema,
    };

    /// <summary>What is wrong with a schema, or what of it is not understood; null for nothing.</summary>
    public static string? Invalid(JsonElement schema) => Invalid(schema, "", 0);

    /// <summary>The first place where a value is not of the shape, with a JSON pointer; null when it is.</summary>
    public static string? Why(JsonElement schema, JsonElement value) => Why(schema, value, "");

    private static string? Invalid(JsonElement schema, string at, int depth)
    {
        if (depth > MaxDepth)
            return $"{at} is nested more than {MaxDepth} deep";
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return null;
        if (schema.ValueKind != JsonValueKind.Object)
            return $"{(at.Length == 0 ? "the schema" : at)} is not an object, true or false";
        foreach (var word in schema.EnumerateObject().Where(w => !Silent.Contains(w.Name)))
        {
            if (!Words.TryGetValue(word.Name, out var fits))
                return $"{at}/{word.Name} is not understood; known are {string.Join(", ", Words.Keys)}";
            if (!fits(word.Value))
                return $"{at}/{word.Name} has a value that it cannot have: {word.Value.GetRawText()}";
        }
        return Inner(schema).Select(inner => Invalid(inner.Schema, $"{at}/{inner.Path}", depth + 1)).FirstOrDefault(problem => problem is not null);
    }

    private static IEnumerable<(string Path, JsonElement Schema)> Inner(JsonElement schema)
    {
        foreach (var word in schema.EnumerateObject())
            if (word.Name == "properties")
                foreach (var property in word.Value.EnumerateObject())
                    yield return ($"properties/{property.Name}", property.Value);
            else if (word.Name is "anyOf" or "allOf")
                foreach (var (i, part) in word.Value.EnumerateArray().Index())
                    yield return (FormattableString.Invariant($"{word.Name}/{i}"), part);
            else if (word.Name is "items" or "not" or "additionalProperties")
                yield return (word.Name, word.Value);
    }

    private static string? Why(JsonElement schema, JsonElement value, string at)
    {
        if (schema.ValueKind is JsonValueKind.True)
            return null;
        var place = at.Length == 0 ? "the answer" : at;
        if (schema.ValueKind is JsonValueKind.False)
            return $"{place} is not allowed";
        foreach (var word in schema.EnumerateObject())
            if (Word(word.Name, word.Value, schema, value, at, place) is { } why)
                return why;
        return null;
    }

    private static string? Word(string word, JsonElement rule, JsonElement schema, JsonElement value, string at, string place) => word switch
    {
        "type" => (rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Any(t => Is(t, value)) : Is(rule, value)) ? null : $"{place} is {Name(value)}, expected {rule.GetRawText()}",
        "enum" => rule.EnumerateArray().Any(v => JsonElement.DeepEquals(v, value)) ? null : $"{place} is {Short(value)}, expected one of {Short(rule)}",
        "const" => JsonElement.DeepEquals(rule, value) ? null : $"{place} is {Short(value)}, expected {Short(rule)}",
        "anyOf" => rule.EnumerateArray().Any(part => Why(part, value, at) is null) ? null : $"{place} is none of the shapes that anyOf names",
        "allOf" => rule.EnumerateArray().Select(part => Why(part, value, at)).FirstOrDefault(why => why is not null),
        "not" => Why(rule, value, at) is null ? $"{place} is of the shape that it must not have" : null,
        _ => value.ValueKind switch
        {
            JsonValueKind.Object => OfObject(word, rule, schema, value, at, place),
            JsonValueKind.Array => OfArray(word, rule, value, at, place),
            JsonValueKind.String => OfText(word, rule, value.GetString()!, place),
            JsonValueKind.Number => OfNumber(word, rule, value.GetDouble(), place),
            _ => null,
        },
    };

    private static string? OfObject(string word, JsonElement rule, JsonElement schema, JsonElement value, string at, string place) => word switch
    {
        "required" => rule.EnumerateArray().Select(n => n.GetString()!).FirstOrDefault(n => !value.TryGetProperty(n, out _)) is { } missing ? $"{place} lacks '{missing}'" : null,
        "properties" => rule.EnumerateObject().Select(p => value.TryGetProperty(p.Name, out var inner) ? Why(p.Value, inner, $"{at}/{p.Name}") : null).FirstOrDefault(why => why is not null),
        "additionalProperties" => value.EnumerateObject().Where(p => !(schema.TryGetProperty("properties", out var known) && known.TryGetProperty(p.Name, out _)))
            .Select(p => Why(rule, p.Value, $"{at}/{p.Name}")).FirstOrDefault(why => why is not null),
        _ => null,
    };

    private static string? OfArray(string word, JsonElement rule, JsonElement value, string at, string place) => word switch
    {
        "minItems" => value.GetArrayLength() >= rule.GetInt32() ? null : $"{place} has {value.GetArrayLength()} items, at least {rule.GetInt32()} are asked",
        "maxItems" => value.GetArrayLength() <= rule.GetInt32() ? null : $"{place} has {value.GetArrayLength()} items, at most {rule.GetInt32()} are allowed",
        "items" => value.EnumerateArray().Select((item, i) => Why(rule, item, FormattableString.Invariant($"{at}/{i}"))).FirstOrDefault(why => why is not null),
        _ => null,
    };

    private static string? OfText(string word, JsonElement rule, string text, string place) => word switch
    {
        "minLength" => Length(text) >= rule.GetInt32() ? null : $"{place} has {Length(text)} signs, at least {rule.GetInt32()} are asked",
        "maxLength" => Length(text) <= rule.GetInt32() ? null : $"{place} has {Length(text)} signs, at most {rule.GetInt32()} are allowed",
        "pattern" => Regex.IsMatch(text, rule.GetString()!, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking) ? null : $"{place} does not match {rule.GetString()}",
        _ => null,
    };

    private static string? OfNumber(string word, JsonElement rule, double number, string place)
    {
        if (word is not ("minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum"))
            return null;
        var bound = rule.GetDouble();
        var holds = word switch { "minimum" => number >= bound, "maximum" => number <= bound, "exclusiveMinimum" => number > bound, _ => number < bound };
        return holds ? null : FormattableString.Invariant($"{place} is {number}, {word} is {bound}");
    }

    private static bool Is(JsonElement type, JsonElement value) => type.GetString() switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var n && n == Math.Floor(n),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        var name => Name(value) == name,
    };

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private static int Length(string text) => text.EnumerateRunes().Count();

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : value.GetRawText();

    private static bool IsType(JsonElement v) => v.ValueKind == JsonValueKind.String && Types.Contains(v.GetString());

    private static bool IsSchema(JsonElement v) => v.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False;

    private static bool IsCount(JsonElement v) => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) && n >= 0;

    private static bool IsNumber(JsonElement v) => v.ValueKind == JsonValueKind.Number;
}

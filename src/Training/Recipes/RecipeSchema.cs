using System.Text.Json.Nodes;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>JSON Schema of a recipe, for editors: made of the tables that the reader uses. Rules between settings are the reader's alone.</summary>
public static class RecipeSchema
{
    /// <summary>The schema (draft 2020-12).</summary>
    public static JsonObject Build()
    {
        var root = new JsonObject();
        foreach (var key in RecipeKeys.All.Where(k => k.Section.Length == 0))
            Add(root, key);
        foreach (var section in RecipeKeys.Sections)
        {
            var own = new JsonObject();
            foreach (var key in RecipeKeys.All.Where(k => k.Section == section))
                Add(own, key);
            foreach (var foreign in ForeignKeys.All.Where(k => k.Path.StartsWith(section + ".", StringComparison.Ordinal)))
                own[foreign.Path[(section.Length + 1)..]] = Described(foreign);
            root[section] = new JsonObject { ["type"] = new JsonArray("object", "null"), ["properties"] = own, ["additionalProperties"] = false };
        }
        foreach (var key in RecipeKeys.All.Where(k => k.Section.Length > 0))
            Add(root, key);
        foreach (var foreign in ForeignKeys.All)
            root[foreign.Path[(foreign.Path.LastIndexOf('.') + 1)..]] = Described(foreign);
        return new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "Temper recipe", ["type"] = "object", ["properties"] = root, ["additionalProperties"] = false };
    }

    private static void Add(JsonObject to, RecipeKey key)
    {
        foreach (var name in key.Aliases.Prepend(key.Name))
            to[name] = Value(key);
    }

    private static JsonObject Described(ForeignKey foreign) => new() { ["description"] = $"Of other tools: {foreign.Means}." };

    private static JsonObject Value(RecipeKey key)
    {
        var value = Shape(key);
        value["description"] = $"{key.Meaning}. Default: {key.Default}.";
        return value;
    }

    private static JsonObject Shape(RecipeKey key) => key.Kind switch
    {
        KeyKind.Flag => Flag(key),
        KeyKind.Number => Bounded(key, "number", "string"),
        KeyKind.Whole => Bounded(key, "integer", "string"),
        KeyKind.Word => new() { ["enum"] = new JsonArray([.. key.Words.Concat(ValueNames.Of(key.Path)).Distinct().Select(w => (JsonNode?)w), null]) },
        KeyKind.Part => new() { ["type"] = new JsonArray("string", "null"), ["examples"] = new JsonArray([.. key.Words.Select(w => (JsonNode?)w)]) },
        KeyKind.Options => Types("object", "string", "null"),
        KeyKind.Names => Types("string", "array", "null"),
        KeyKind.Wholes => Types("integer", "array", "null"),
        KeyKind.Map => key.Words.Count > 0 ? Types("object", "string", "null") : Types("object", "null"),
        KeyKind.Dataset => Types("string", "array", "null"),
        _ when key.Path == "data.validation" => Types("number", "string", "array", "null"),
        _ when key.Words.Count > 0 => Types("string", "boolean", "null"),
        _ when key.Path == "model_name_or_path" => Types("string", "object", "null"),
        _ => Types("string", "null"),
    };

    private static JsonObject Flag(RecipeKey key) => ValueNames.Of(key.Path).ToArray() is { Length: > 0 } words
        ? new() { ["enum"] = new JsonArray([true, false, null, .. words.Select(w => (JsonNode?)w)]) }
        : Types("boolean", "null");

    private static JsonObject Bounded(RecipeKey key, params string[] types)
    {
        var (shape, range) = (Types([.. types, "null"]), key.Range);
        if (double.IsFinite(range.Low) && key.Path != "training.max_steps")
            shape[range.LowIn ? "minimum" : "exclusiveMinimum"] = range.Low;
        if (double.IsFinite(range.High) && range.High < int.MaxValue)
            shape[range.HighIn ? "maximum" : "exclusiveMaximum"] = range.High;
        return shape;
    }

    private static JsonObject Types(params string[] types) => new() { ["type"] = new JsonArray([.. types.Select(t => (JsonNode)t)]) };
}

using System.Text.Json.Nodes;

namespace Temper.Ingest;

/// <summary>The published JSON Schema (draft 2020-12) of configurations of datasets, made of the same table that checks them. What keys say together is not in it.</summary>
public static class ConfigSchema
{
    /// <summary>Its address.</summary>
    public const string Id = "https://temper.dev/schemas/dataset-config/v1.json";

    /// <summary>The whole schema.</summary>
    public static JsonObject Build() => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["$id"] = Id,
        ["title"] = "Configuration of datasets",
        ["oneOf"] = new JsonArray(
            new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Reference() },
            new JsonObject
            {
                ["type"] = "object",
                ["required"] = new JsonArray("datasets"),
                ["additionalProperties"] = false,
                ["properties"] = new JsonObject
                {
                    ["$schema"] = new JsonObject { ["type"] = "string" },
                    ["version"] = new JsonObject { ["const"] = 1 },
                    ["variables"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
                    ["defaults"] = Reference(),
                    ["datasets"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Reference() },
                },
            },
            Reference()),
        ["$defs"] = new JsonObject { ["dataset"] = Section("") },
    };

    private static JsonObject Reference() => new() { ["$ref"] = "#/$defs/dataset" };

    private static JsonObject Section(string path)
    {
        var properties = new JsonObject();
        foreach (var key in ConfigKeys.Under(path).Where(k => k.Fate is KeyFate.Read or KeyFate.Ignored && k.Name != "*"))
        {
            var shape = Shape(key, key.Shape);
            shape["description"] = key.Fate == KeyFate.Ignored ? $"{key.Meaning}; does nothing: {key.Reason}." : key.Meaning + ".";
            if (key.Fate == KeyFate.Ignored)
                shape["deprecated"] = true;
            properties[key.Name] = shape;
        }
        var section = new JsonObject { ["type"] = "object", ["properties"] = properties };
        // A plug-in's backend brings keys of its own to the dataset itself.
        if (path.Length > 0)
            section["additionalProperties"] = false;
        return section;
    }

    private static JsonObject Shape(ConfigKey key, KeyShape shape) => shape switch
    {
        KeyShape.Text { Pattern.Length: > 0 } text => new() { ["type"] = "string", ["pattern"] = $"^(?:{text.Pattern})$" },
        KeyShape.Text => new() { ["type"] = "string" },
        KeyShape.Flag => new() { ["type"] = "boolean" },
        KeyShape.Whole whole => new() { ["type"] = "integer", ["minimum"] = whole.Least, ["maximum"] = whole.Most },
        KeyShape.Number number => Range(number),
        KeyShape.Words words => new() { ["enum"] = new JsonArray([.. words.Allowed.Select(w => (JsonNode)w)]) },
        KeyShape.List list => new() { ["type"] = "array", ["items"] = Shape(key, list.Item), ["minItems"] = list.Least },
        KeyShape.Names { Value: KeyShape.Section } => new() { ["type"] = "object", ["additionalProperties"] = Section(key.Path + ".*") },
        KeyShape.Names names => new() { ["type"] = "object", ["additionalProperties"] = Shape(key, names.Value) },
        KeyShape.Either either => new() { ["anyOf"] = new JsonArray(Shape(key, either.First), Shape(key, either.Second)) },
        KeyShape.Section => Section(key.Path),
        KeyShape.Secret => new() { ["type"] = "object", ["required"] = new JsonArray("secretRef"), ["additionalProperties"] = false, ["properties"] = new JsonObject { ["secretRef"] = new JsonObject { ["type"] = "string" } } },
        _ => [],
    };

    private static JsonObject Range(KeyShape.Number number)
    {
        var shape = new JsonObject { ["type"] = "number" };
        if (number.Least > double.MinValue)
            shape["minimum"] = number.Least;
        if (number.Most < double.MaxValue)
            shape["maximum"] = number.Most;
        return shape;
    }
}

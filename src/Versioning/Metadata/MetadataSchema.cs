using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Metadata;

/// <summary>
/// The JSON Schemas (2020-12) of documents, and a check against them that finds everything wrong at once. It knows the words that these schemas use; a
/// schema with any other word is refused when it is read, so nothing that a schema says goes unchecked.
/// </summary>
public sealed class MetadataSchema
{
    private static readonly HashSet<string> Words =
    [
        "type", "const", "enum", "required", "properties", "additionalProperties", "items", "uniqueItems", "minimum", "minLength", "maxLength", "pattern", "anyOf", "$ref",
    ];

    private static readonly HashSet<string> Notes = ["$schema", "$id", "title", "description", "$defs"];

    private readonly JsonElement _root;

    private MetadataSchema(string text)
    {
        _root = JsonDocument.Parse(text).RootElement.Clone();
        Text = text;
        CheckWords(_root);
    }

    /// <summary>ModelMetadata, of documents below <c>models/</c>.</summary>
    public static MetadataSchema Model { get; } = new(Resource("model-metadata.schema.json"));

    /// <summary>DatasetMetadata, of documents below <c>datasets/</c>.</summary>
    public static MetadataSchema Dataset { get; } = new(Resource("dataset-metadata.schema.json"));

    /// <summary>The schema as a file.</summary>
    public string Text { get; }

    /// <summary>The schema of a document.</summary>
    public static MetadataSchema Of(SafePath path) => path.Parts[0] == "models" ? Model : Dataset;

    /// <summary>Everything wrong with documents.</summary>
    /// <exception cref="TemperException">Code <c>metadata_invalid</c>, a problem for each fault, with the document and the JSON pointer.</exception>
    public static void Require(IEnumerable<KeyValuePair<SafePath, JsonElement>> documents)
    {
        var problems = documents.SelectMany(d => Of(d.Key).Check(d.Key.ToString(), d.Value)).ToList();
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    /// <summary>Everything wrong with a document; empty when it fits.</summary>
    public IReadOnlyList<Problem> Check(string name, JsonElement document)
    {
        var found = new List<Problem>();
        Check(_root, document, "", (pointer, why) =>
            found.Add(new("metadata_invalid", $"'{name}'{(pointer.Length == 0 ? "" : $" at {pointer}")}: {why}.") { File = name, Path = pointer }));
        return found;
    }

    private void Check(JsonElement schema, JsonElement value, string pointer, Action<string, string> fault)
    {
        foreach (var word in schema.EnumerateObject())
        {
            switch (word.Name)
            {
                case "$ref":
                    Check(_root.GetProperty("$defs").GetProperty(word.Value.GetString()!["#/$defs/".Length..]), value, pointer, fault);
                    break;
                case "type" when !Types(word.Value).Any(type => IsOf(value, type)):
                    fault(pointer, $"it must be {string.Join(" or ", Types(word.Value))}, not {Shown(value)}");
                    // What else the schema says is about values of that type.
                    return;
                case "const" when !JsonElement.DeepEquals(value, word.Value):
                    fault(pointer, $"it must be {word.Value.GetRawText()}, not {Shown(value)}");
                    break;
                case "enum" when !word.Value.EnumerateArray().Any(one => JsonElement.DeepEquals(value, one)):
                    fault(pointer, $"it must be one of {string.Join(", ", word.Value.EnumerateArray().Select(v => v.ToString()))}, not {Shown(value)}");
                    break;
                case "anyOf" when !word.Value.EnumerateArray().Any(one => Fits(one, value)):
                    fault(pointer, $"{Shown(value)} has none of the forms that there are for it");
                    break;
            }
        }
        if (value.ValueKind == JsonValueKind.Object)
            CheckObject(schema, value, pointer, fault);
        else if (value.ValueKind == JsonValueKind.Array)
            CheckArray(schema, value, pointer, fault);
        else
            CheckScalar(schema, value, pointer, fault);
    }

    private void CheckObject(JsonElement schema, JsonElement value, string pointer, Action<string, string> fault)
    {
        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray().Select(n => n.GetString()!).Where(n => !value.TryGetProperty(n, out _)))
                fault(pointer, $"'{name}' is missing");
        var known = schema.TryGetProperty("properties", out var properties);
        foreach (var member in value.EnumerateObject())
        {
            if (known && properties.TryGetProperty(member.Name, out var form) || schema.TryGetProperty("additionalProperties", out form))
                Check(form, member.Value, pointer + MetadataPointer.Part(member.Name), fault);
        }
    }

    private void CheckArray(JsonElement schema, JsonElement value, string pointer, Action<string, string> fault)
    {
        var items = value.EnumerateArray().ToList();
        var seen = schema.TryGetProperty("uniqueItems", out var unique) && unique.GetBoolean() ? new HashSet<string>(StringComparer.Ordinal) : null;
        for (var i = 0; i < items.Count; i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"{pointer}/{i}");
            if (schema.TryGetProperty("items", out var form))
                Check(form, items[i], at, fault);
            if (seen?.Add(System.Text.Encoding.UTF8.GetString(MetadataJson.Canonical(items[i]))) == false)
                fault(at, $"{Shown(items[i])} is there twice");
        }
    }

    private static void CheckScalar(JsonElement schema, JsonElement value, string pointer, Action<string, string> fault)
    {
        if (value.ValueKind == JsonValueKind.Number && schema.TryGetProperty("minimum", out var minimum) && value.GetDouble() < minimum.GetDouble())
            fault(pointer, $"it must be {minimum.GetRawText()} or more, not {value.GetRawText()}");
        if (value.ValueKind != JsonValueKind.String)
            return;
        var text = value.GetString()!;
        var length = text.EnumerateRunes().Count();
        if (schema.TryGetProperty("minLength", out var least) && length < least.GetInt32() || schema.TryGetProperty("maxLength", out var most) && length > most.GetInt32())
            fault(pointer, $"it has {length} characters");
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!, RegexOptions.ECMAScript))
            fault(pointer, $"{Shown(value)} is not spelled as it must be: {pattern.GetString()}");
    }

    private bool Fits(JsonElement schema, JsonElement value)
    {
        var fits = true;
        Check(schema, value, "", (_, _) => fits = false);
        return fits;
    }

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()!) : [type.GetString()!];

    private static bool IsOf(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || type == "integer" && double.IsInteger(value.GetDouble()),
        JsonValueKind.Null => type == "null",
        _ => type == "boolean",
    };

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 60 ? text[..60] + "…" : text;
    }

    private static void CheckWords(JsonElement schema)
    {
        foreach (var word in schema.EnumerateObject())
        {
            if (!Words.Contains(word.Name) && !Notes.Contains(word.Name))
                throw new InvalidOperationException($"The schema says '{word.Name}', which is not checked.");
            if (word.Name is "properties" or "$defs")
                foreach (var member in word.Value.EnumerateObject())
                    CheckWords(member.Value);
            else if (word.Name is "items" or "additionalProperties")
                CheckWords(word.Value);
            else if (word.Name == "anyOf")
                foreach (var one in word.Value.EnumerateArray())
                    CheckWords(one);
        }
    }

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("schemas/" + name)
            ?? throw new InvalidOperationException($"The assembly lacks {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

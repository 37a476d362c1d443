using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models.Tests;

/// <summary>The tokenizers of kinds-golden.json: a file of data/ with changes.</summary>
internal static class RefereeTokenizers
{
    /// <summary>What tests/reference/tokenizer_kinds.mjs wrote.</summary>
    public static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(Path("kinds-golden.json"))).RootElement;

    /// <summary>Names of all kinds.</summary>
    public static IEnumerable<string> Names => Golden.EnumerateObject().Select(kind => kind.Name);

    /// <summary>A file of data/tokenizers.</summary>
    public static string Path(string name) => System.IO.Path.Combine(TinyModel.DataPath("tokenizers"), name);

    /// <summary>The tokenizer.json of a kind.</summary>
    public static byte[] Json(string name)
    {
        var kind = Golden.GetProperty(name);
        var json = JsonNode.Parse(File.ReadAllBytes(Path(kind.GetProperty("base").GetString()!)))!.AsObject();
        if (kind.TryGetProperty("append", out var append)) Append(json["model"]!["vocab"]!, append.Deserialize<string[]>()!);
        if (kind.TryGetProperty("change", out var change))
            foreach (var property in change.EnumerateObject())
                if (property.Name != "model") json[property.Name] = JsonNode.Parse(property.Value.GetRawText());
                else
                    foreach (var field in property.Value.EnumerateObject()) json["model"]![field.Name] = JsonNode.Parse(field.Value.GetRawText());
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    /// <summary>A kind, ready.</summary>
    public static Tokenizer Load(string name) => Tokenizer.Parse(Json(name));

    private static void Append(JsonNode vocabulary, string[] tokens)
    {
        var first = vocabulary is JsonObject map ? map.Count : 0;
        for (var i = 0; i < tokens.Length; i++)
            if (vocabulary is JsonArray list) list.Add(new JsonArray(tokens[i], -30));
            else vocabulary[tokens[i]] = first + i;
    }
}

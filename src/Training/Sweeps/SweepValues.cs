using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>Written values as JSON: what YAML reads as a number, a truth or nothing is one, everything else is text.</summary>
internal static class SweepValues
{
    public static JsonElement ToJson(RecipeNode node) => JsonSerializer.SerializeToElement(Node(node));

    private static JsonNode? Node(RecipeNode node) => node switch
    {
        RecipeNode.Map map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key, Node(e.Value)))),
        RecipeNode.Items list => new JsonArray([.. list.Values.Select(Node)]),
        RecipeNode.Scalar scalar => Scalar(scalar),
        _ => null,
    };

    private static JsonValue? Scalar(RecipeNode.Scalar scalar) => scalar switch
    {
        { IsNull: true } => null,
        { Quoted: true } => JsonValue.Create(scalar.Text),
        { Text: "true" or "True" or "TRUE" } => JsonValue.Create(true),
        { Text: "false" or "False" or "FALSE" } => JsonValue.Create(false),
        _ when long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(scalar.Text),
    };
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Ingest;

/// <summary>Values of a configuration as JSON.</summary>
internal static class ConfigJson
{
    /// <summary>The value, with mappings in the file's order.</summary>
    public static JsonElement Of(ConfigNode node) => JsonSerializer.SerializeToElement(Node(node));

    /// <summary>As <see cref="Of"/>, to be changed.</summary>
    public static JsonNode? Node(ConfigNode node) => node switch
    {
        ConfigNode.Map map => new JsonObject(map.Members.Select(m => KeyValuePair.Create(m.Key, Node(m.Value)))),
        ConfigNode.Sequence list => new JsonArray([.. list.Items.Select(Node)]),
        ConfigNode.Scalar { Value: string text } => JsonValue.Create(text),
        ConfigNode.Scalar { Value: long whole } => JsonValue.Create(whole),
        ConfigNode.Scalar { Value: double number } => JsonValue.Create(number),
        ConfigNode.Scalar { Value: bool flag } => JsonValue.Create(flag),
        _ => null,
    };
}

using System.Text;
using System.Text.Json.Nodes;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Changes the structure of a JSON document by counters: what is left is JSON, but not what its reader expects.</summary>
internal static class JsonDamage
{
    /// <summary>Stands for half of a surrogate pair, which JsonNode cannot write.</summary>
    private const string Half = "HALF";

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "3.5", "1e99", "2147483648", "9223372036854775808", "\"\"", "\"a\"", "\"\\u2581\"", $"\"{Half}\"", "\"<0x41>\"", "\"(a+)+\"", "\"[^\"",
        "[]", "{}", "[[]]", "[null]", "[[\"a\",\"b\"]]", "[\"a b\"]", "{\"type\":\"Sequence\"}", "{\"type\":\"ByteLevel\"}", "{\"type\":\"Metaspace\",\"replacement\":\"a\"}",
        "{\"Regex\":\"\\\\p{L}+|.\"}", $"{{\"String\":\"{Half}\"}}", "{\"Regex\":\"a{1000}{1000}\"}", "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aaaaaaaaaaaaaaaa\"}",
    ];

    /// <summary>A copy with a few nodes replaced, removed, moved or doubled.</summary>
    public static byte[] Damage(byte[] good, RandomKey key)
    {
        var root = JsonNode.Parse(good)!;
        for (var n = Philox.Below(key, 0, 3); n >= 0; n--) Change(root, key, 10 * n + 1);
        return Encoding.UTF8.GetBytes(root.ToJsonString().Replace(Half, "\\ud83d", StringComparison.Ordinal));
    }

    private static void Change(JsonNode root, RandomKey key, long draw)
    {
        var (at, fresh) = (Place(root, key, draw), Fresh(root, key, draw + 4));
        switch (at)
        {
            case JsonObject { Count: > 0 } map:
                var name = map.ElementAt((int)Philox.Below(key, draw + 1, map.Count)).Key;
                if (Philox.Below(key, draw + 2, 4) == 0) map.Remove(name);
                else map[name] = fresh;
                break;
            case JsonArray { Count: > 0 } list:
                var index = (int)Philox.Below(key, draw + 1, list.Count);
                if (Philox.Below(key, draw + 2, 4) == 0) list.RemoveAt(index);
                else if (Philox.Below(key, draw + 2, 4) == 1) list.Insert(index, list[index]?.DeepClone());
                else list[index] = fresh;
                break;
        }
    }

    /// <summary>A value of the list, or a copy of another part of the document.</summary>
    private static JsonNode? Fresh(JsonNode root, RandomKey key, long draw) => Philox.Below(key, draw, 3) == 0
        ? Place(root, key, draw + 1).DeepClone() : JsonNode.Parse(Values[Philox.Below(key, draw + 2, Values.Length)]);

    private static JsonNode Place(JsonNode node, RandomKey key, long draw)
    {
        for (var depth = Philox.Below(key, draw, 5); depth > 0; depth--)
        {
            JsonNode[] children = node switch
            {
                JsonObject map => [.. map.Select(pair => pair.Value).Where(child => child is JsonObject or JsonArray)!],
                JsonArray list => [.. list.Where(child => child is JsonObject or JsonArray)!],
                _ => [],
            };
            if (children.Length == 0) break;
            node = children[Philox.Below(key, 1000 + 10 * draw + depth, children.Length)];
        }

        return node;
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Versioning.Metadata;

/// <summary>Places in documents by JSON pointers (RFC 6901): <c>/metrics/0/value</c>; the empty pointer is the whole document.</summary>
public static class MetadataPointer
{
    /// <summary>The parts of a pointer.</summary>
    /// <exception cref="TemperException">Code <c>pointer_invalid</c>.</exception>
    public static IReadOnlyList<string> Parts(string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        if (pointer.Length == 0)
            return [];
        if (pointer[0] != '/')
            throw Bad(pointer, "it does not begin with '/'");
        var parts = pointer[1..].Split('/');
        foreach (var part in parts)
            for (var at = part.IndexOf('~', StringComparison.Ordinal); at >= 0; at = part.IndexOf('~', at + 1))
                if (at + 1 == part.Length || part[at + 1] is not ('0' or '1'))
                    throw Bad(pointer, "'~' stands before 0 or 1 only");
        return [.. parts.Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    /// <summary>A key as a part of a pointer, with its slash.</summary>
    public static string Part(string key) => "/" + key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The value at a pointer; null when there is none.</summary>
    /// <exception cref="TemperException">Code <c>pointer_invalid</c>.</exception>
    public static JsonElement? Find(JsonElement document, string pointer)
    {
        var at = document;
        foreach (var part in Parts(pointer))
        {
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(part, out var member))
                at = member;
            else if (at.ValueKind == JsonValueKind.Array && Index(part) is { } index && index < at.GetArrayLength())
                at = at[index];
            else
                return null;
        }
        return at;
    }

    /// <summary>The document with a value at a pointer. What is missing on the way is made: an array before <c>-</c>, else an object. <c>-</c> or the length of an array appends.</summary>
    /// <exception cref="TemperException">Code <c>pointer_invalid</c>.</exception>
    public static JsonElement Set(JsonElement document, string pointer, JsonElement value)
    {
        var parts = Parts(pointer);
        if (parts.Count == 0)
            return value;
        var root = Node(document) ?? throw Bad(pointer, "the document is null");
        var at = root;
        for (var i = 0; i < parts.Count - 1; i++)
            at = Step(at, parts[i], pointer, made: parts[i + 1] == "-" ? new JsonArray() : new JsonObject())!;
        Put(at, parts[^1], Node(value), pointer);
        return Element(root);
    }

    /// <summary>The document without the value at a pointer.</summary>
    /// <exception cref="TemperException">Code <c>pointer_invalid</c>, also when there is no such value.</exception>
    public static JsonElement Unset(JsonElement document, string pointer)
    {
        var parts = Parts(pointer);
        if (parts.Count == 0 || Find(document, pointer) is null)
            throw Bad(pointer, "there is no such value");
        var root = Node(document)!;
        var at = root;
        foreach (var part in parts.SkipLast(1))
            at = Step(at, part, pointer, made: null)!;
        if (at is JsonArray array)
            array.RemoveAt(Index(parts[^1])!.Value);
        else
            ((JsonObject)at).Remove(parts[^1]);
        return Element(root);
    }

    private static JsonNode? Step(JsonNode at, string part, string pointer, JsonNode? made)
    {
        if (at is JsonArray array)
        {
            if (Index(part) is not { } index || index > array.Count || index == array.Count && made is null)
                throw Bad(pointer, $"the array has {array.Count} items, and '{part}' is none of them");
            if (index == array.Count)
                array.Add(made);
            return Inner(array[index]) ?? throw Bad(pointer, $"the value at '{part}' has no members");
        }
        var map = at as JsonObject ?? throw Bad(pointer, "the document is no object");
        if (made is not null && !map.ContainsKey(part))
            map[part] = made;
        return Inner(map[part]) ?? throw Bad(pointer, $"the value at '{part}' has no members");
    }

    private static JsonNode? Inner(JsonNode? value) => value is JsonObject or JsonArray ? value : null;

    private static void Put(JsonNode at, string part, JsonNode? value, string pointer)
    {
        if (at is JsonObject map)
            map[part] = value;
        else if (at is not JsonArray array)
            throw Bad(pointer, "the document is no object");
        else if (part == "-" || Index(part) == array.Count)
            array.Add(value);
        else if (Index(part) is { } index && index < array.Count)
            array[index] = value;
        else
            throw Bad(pointer, $"the array has {array.Count} items; '{part}' would leave a gap");
    }

    private static JsonNode? Node(JsonElement value) => value.Deserialize<JsonNode>();

    private static JsonElement Element(JsonNode node) => JsonSerializer.SerializeToElement(node);

    private static int? Index(string part) =>
        part.Length is > 0 and < 10 && part.All(char.IsAsciiDigit) && (part == "0" || part[0] != '0') ? int.Parse(part, CultureInfo.InvariantCulture) : null;

    private static TemperException Bad(string pointer, string why) => new("pointer_invalid", $"The JSON pointer '{pointer}' leads nowhere: {why}.");
}

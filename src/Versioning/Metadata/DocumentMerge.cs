using System.Text.Json;

namespace Temper.Versioning.Metadata;

/// <summary>Merges the three versions of one document. An undefined element stands for a value that is not there.</summary>
internal sealed class DocumentMerge(string document, MergeRules rules, List<MetadataConflict> conflicts)
{
    public JsonElement Merge(JsonElement @base, JsonElement ours, JsonElement theirs) => Value(@base, ours, theirs, "", "");

    private JsonElement Value(JsonElement @base, JsonElement ours, JsonElement theirs, string pointer, string place)
    {
        if (Same(ours, theirs) || Same(@base, theirs))
            return ours;
        if (Same(@base, ours))
            return theirs;
        // Both made a map of it, from a map or from nothing: their keys are merged one by one.
        if (Is(ours, JsonValueKind.Object) && Is(theirs, JsonValueKind.Object))
            return Map(Is(@base, JsonValueKind.Object) ? @base : default, ours, theirs, pointer, place);
        if (Is(ours, JsonValueKind.Array) && Is(theirs, JsonValueKind.Array))
        {
            var old = Is(@base, JsonValueKind.Array) ? @base : default;
            var key = place[(place.LastIndexOf('.') + 1)..];
            if (MergeRules.Sets.Contains(key))
                return Set(old, ours, theirs);
            if (MergeRules.Records.TryGetValue(key, out var keys) && Records.TryRead(old, keys) is { } a && Records.TryRead(ours, keys) is { } b && Records.TryRead(theirs, keys) is { } c)
                return Matched(a, b, c, pointer, place);
        }
        return Settle(@base, ours, theirs, pointer, place);
    }

    private JsonElement Map(JsonElement @base, JsonElement ours, JsonElement theirs, string pointer, string place)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var name in Names(@base).Union(Names(ours)).Union(Names(theirs)).Order(StringComparer.Ordinal))
        {
            var merged = Value(Member(@base, name), Member(ours, name), Member(theirs, name), pointer + MetadataPointer.Part(name), place.Length == 0 ? name : $"{place}.{name}");
            if (merged.ValueKind != JsonValueKind.Undefined)
                members[name] = merged;
        }
        return JsonSerializer.SerializeToElement(members);
    }

    /// <summary>Ours, less what theirs removed, and what theirs added behind it.</summary>
    private static JsonElement Set(JsonElement @base, JsonElement ours, JsonElement theirs)
    {
        HashSet<string> old = Texts(@base), mine = Texts(ours), other = Texts(theirs), taken = new(StringComparer.Ordinal);
        var merged = new List<JsonElement>();
        foreach (var item in Items(ours).Concat(Items(theirs)))
        {
            var text = Text(item);
            if ((!old.Contains(text) || mine.Contains(text) && other.Contains(text)) && taken.Add(text))
                merged.Add(item);
        }
        return JsonSerializer.SerializeToElement(merged);
    }

    private JsonElement Matched(Records @base, Records ours, Records theirs, string pointer, string place)
    {
        var merged = new List<JsonElement>();
        foreach (var key in ours.Keys.Union(theirs.Keys).Union(@base.Keys))
        {
            var index = ours.IndexOf(key) ?? theirs.IndexOf(key) ?? @base.IndexOf(key);
            var record = Value(@base.Find(key), ours.Find(key), theirs.Find(key), $"{pointer}/{index}", $"{place}.{Records.Label(key)}");
            if (record.ValueKind != JsonValueKind.Undefined)
                merged.Add(record);
        }
        return JsonSerializer.SerializeToElement(merged);
    }

    private JsonElement Settle(JsonElement @base, JsonElement ours, JsonElement theirs, string pointer, string place)
    {
        switch (rules.Settle(place, ours, theirs))
        {
            case MergePolicy.Ours:
                return ours;
            case MergePolicy.Theirs:
                return theirs;
            case MergePolicy.Max:
                return ours.GetDouble() >= theirs.GetDouble() ? ours : theirs;
            case MergePolicy.Min:
                return ours.GetDouble() <= theirs.GetDouble() ? ours : theirs;
            default:
                conflicts.Add(new(document, pointer, Known(@base), Known(ours), Known(theirs)));
                return ours;
        }
    }

    private static JsonElement? Known(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? null : value;

    private static bool Same(JsonElement a, JsonElement b) => a.ValueKind == JsonValueKind.Undefined || b.ValueKind == JsonValueKind.Undefined
        ? a.ValueKind == b.ValueKind
        : JsonElement.DeepEquals(a, b);

    private static bool Is(JsonElement value, JsonValueKind kind) => value.ValueKind == kind;

    private static IEnumerable<string> Names(JsonElement map) => map.ValueKind == JsonValueKind.Object ? map.EnumerateObject().Select(p => p.Name) : [];

    private static JsonElement Member(JsonElement map, string name) => map.ValueKind == JsonValueKind.Object && map.TryGetProperty(name, out var value) ? value : default;

    private static List<JsonElement> Items(JsonElement array) => array.ValueKind == JsonValueKind.Array ? [.. array.EnumerateArray()] : [];

    private static HashSet<string> Texts(JsonElement array) => Items(array).Select(Text).ToHashSet(StringComparer.Ordinal);

    private static string Text(JsonElement value) => System.Text.Encoding.UTF8.GetString(MetadataJson.Canonical(value));

    /// <summary>An array of records by their keys.</summary>
    private sealed class Records
    {
        private readonly List<string> _keys = [];
        private readonly Dictionary<string, (int Index, JsonElement Record)> _records = new(StringComparer.Ordinal);

        public IEnumerable<string> Keys => _keys;

        /// <summary>Null when an item is no record, or two have one key: then the array is a scalar.</summary>
        public static Records? TryRead(JsonElement array, IReadOnlyList<string> keys)
        {
            var read = new Records();
            foreach (var (item, i) in Items(array).Select((item, i) => (item, i)))
            {
                if (item.ValueKind != JsonValueKind.Object)
                    return null;
                var key = string.Join('\n', keys.Select(k => Member(item, k) is { ValueKind: not JsonValueKind.Undefined } part ? Text(part) : ""));
                if (!read._records.TryAdd(key, (i, item)))
                    return null;
                read._keys.Add(key);
            }
            return read;
        }

        public int? IndexOf(string key) => _records.TryGetValue(key, out var found) ? found.Index : null;

        public JsonElement Find(string key) => _records.TryGetValue(key, out var found) ? found.Record : default;

        /// <summary>The first part of a key, as people write it in a setting.</summary>
        public static string Label(string key) => key.Split('\n')[0].Trim('"');
    }
}

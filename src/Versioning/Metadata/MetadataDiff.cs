using System.Globalization;
using System.Text.Json;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Metadata;

/// <summary>A value that is not the same in two versions of a document.</summary>
/// <param name="Document">Path of the document.</param>
/// <param name="Pointer">JSON pointer to the value; empty for a document that one version lacks.</param>
/// <param name="Old">Null: there was none.</param>
/// <param name="New">Null: there is none.</param>
public sealed record MetadataChange(string Document, string Pointer, JsonElement? Old, JsonElement? New);

/// <summary>Compares documents value by value; arrays by place.</summary>
public static class MetadataDiff
{
    /// <summary>All differences, by document and then in the order of keys and places.</summary>
    public static IReadOnlyList<MetadataChange> Compare(IReadOnlyDictionary<SafePath, JsonElement> old, IReadOnlyDictionary<SafePath, JsonElement> @new)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        var changes = new List<MetadataChange>();
        foreach (var path in old.Keys.Union(@new.Keys).Order())
            Compare(path.ToString(), "", old.TryGetValue(path, out var a) ? a : null, @new.TryGetValue(path, out var b) ? b : null, changes);
        return changes;
    }

    private static void Compare(string document, string pointer, JsonElement? old, JsonElement? @new, List<MetadataChange> changes)
    {
        if (old is { } a && @new is { } b)
        {
            if (JsonElement.DeepEquals(a, b))
                return;
            if (a.ValueKind == JsonValueKind.Object && b.ValueKind == JsonValueKind.Object)
            {
                foreach (var name in Names(a).Union(Names(b)).Order(StringComparer.Ordinal))
                    Compare(document, pointer + MetadataPointer.Part(name), Member(a, name), Member(b, name), changes);
                return;
            }
            if (a.ValueKind == JsonValueKind.Array && b.ValueKind == JsonValueKind.Array)
            {
                for (var i = 0; i < Math.Max(a.GetArrayLength(), b.GetArrayLength()); i++)
                    Compare(document, $"{pointer}/{i.ToString(CultureInfo.InvariantCulture)}", i < a.GetArrayLength() ? a[i] : null, i < b.GetArrayLength() ? b[i] : null, changes);
                return;
            }
        }
        changes.Add(new(document, pointer, old, @new));
    }

    private static IEnumerable<string> Names(JsonElement map) => map.EnumerateObject().Select(p => p.Name);

    private static JsonElement? Member(JsonElement map, string name) => map.TryGetProperty(name, out var value) ? value : null;
}

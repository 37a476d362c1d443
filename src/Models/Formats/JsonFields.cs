using System.Text.Json;
using System.Text.Unicode;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Reads a JSON object that others wrote and gathers everything wrong with it. Null counts as absent.</summary>
internal sealed class JsonFields
{
    private const int MaximumBytes = 4 << 20;
    private readonly JsonElement root;
    private readonly string file;
    private readonly string code;

    private JsonFields(JsonElement root, string file, string code, List<Problem> problems) => (this.root, this.file, this.code, Problems) = (root, file, code, problems);

    /// <summary>All that is wrong so far.</summary>
    public List<Problem> Problems { get; }

    /// <summary>Names of all properties.</summary>
    public IEnumerable<string> Names => root.EnumerateObject().Select(p => p.Name);

    /// <summary>Parses the object; damage is an error with <paramref name="code"/>.</summary>
    public static JsonFields Parse(ReadOnlySpan<byte> json, string file, string code)
    {
        if (json.Length > MaximumBytes) throw new TemperException(code, $"Reading {file}: it has {json.Length} bytes, at most {MaximumBytes} are allowed.");
        if (!Utf8.IsValid(json)) throw new TemperException([new Problem(code, $"Reading {file}: it is not UTF-8.") { File = file }]);
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false });
            // An escape may spell half a character, which is found only where the text is taken.
            if (json.IndexOf("\\u"u8) >= 0) ReadTexts(document.RootElement);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return new JsonFields(document.RootElement.Clone(), file, code, []);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new TemperException([new Problem(code, $"Reading {file}: {e.Message}") { File = file }], e);
        }

        throw new TemperException(code, $"Reading {file}: expected a JSON object.");
    }

    /// <summary>Adds a problem under this file's own code, or another.</summary>
    public void Report(string field, string what, string? otherCode = null) =>
        Problems.Add(new Problem(otherCode ?? code, $"Reading {Path.GetFileName(file)}: {field} {what}.") { File = file, Path = field, Value = Find(field)?.GetRawText() is { Length: <= 200 } raw ? raw : null });

    /// <summary>Throws everything gathered.</summary>
    public void ThrowIfAny()
    {
        if (Problems.Count > 0) throw new TemperException(Problems);
    }

    /// <summary>The value of a property, or null.</summary>
    public JsonElement? Find(string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Whether the property is there, be it null.</summary>
    public bool Has(string name) => root.TryGetProperty(name, out _);

    /// <summary>A nested object, or null; problems go to the same list.</summary>
    public JsonFields? Object(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Object) return new JsonFields(value, file, code, Problems);
        Report(name, "is not an object");
        return null;
    }

    /// <summary>A whole number in a range, or null.</summary>
    public int? Int(string name, int minimum = 0, int maximum = int.MaxValue)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum) return number;
        Report(name, $"is {Show(value)}, expected a whole number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>A whole number that must be there; reports and gives the minimum when it is not.</summary>
    public int Required(string name, int minimum, int maximum)
    {
        if (Find(name) is null) Report(name, "is missing");
        return Int(name, minimum, maximum) ?? minimum;
    }

    /// <summary>A finite number above (or at) a minimum, or null.</summary>
    public double? Number(string name, double minimum = double.MinValue)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number >= minimum) return number;
        Report(name, $"is {Show(value)}, expected a number" + (minimum > double.MinValue ? $" of at least {minimum}" : ""));
        return null;
    }

    /// <summary>true or false, or null.</summary>
    public bool? Bool(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Report(name, $"is {Show(value)}, expected true or false");
        return null;
    }

    /// <summary>A string, or null.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        Report(name, $"is {Show(value)}, expected a string");
        return null;
    }

    /// <summary>Strings, or null when absent.</summary>
    public List<string>? Texts(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)) return [.. value.EnumerateArray().Select(v => v.GetString()!)];
        Report(name, $"is {Show(value)}, expected a list of strings");
        return null;
    }

    /// <summary>One token id or a list of them; an empty list is a problem.</summary>
    public IReadOnlyList<int> TokenIds(string name)
    {
        if (Find(name) is not { } value) return [];
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        var ids = new List<int>();
        foreach (var item in items)
            if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0) ids.Add(id);
        if (ids.Count == items.Length && ids.Count > 0) return ids;
        Report(name, $"is {Show(value)}, expected a token id or a list of at least one");
        return [];
    }

    private static void ReadTexts(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String) element.GetString();
        else if (element.ValueKind == JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) ReadTexts(item);
        else if (element.ValueKind == JsonValueKind.Object)
            foreach (var property in element.EnumerateObject())
            {
                _ = property.Name;
                ReadTexts(property.Value);
            }
    }

    private static string Show(JsonElement value) => value.GetRawText() is { Length: <= 60 } raw ? raw : value.GetRawText()[..57] + "…";
}

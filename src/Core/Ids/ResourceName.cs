using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Core.Ids;

/// <summary>
/// Name of a dataset or a model: 1 to 63 of <c>a-z 0-9 . _ -</c>, the first a letter or digit. Never <c>latest</c>.
/// </summary>
[JsonConverter(typeof(ResourceNameJson))]
public readonly partial record struct ResourceName
{
    private readonly string? _text;

    private ResourceName(string text) => _text = text;

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? text, out ResourceName name)
    {
        var valid = text is not null and not "latest" && Pattern().IsMatch(text);
        name = valid ? new(text!) : default;
        return valid;
    }

    /// <summary>Reads a name.</summary>
    /// <exception cref="TemperException">Code <c>name_invalid</c>.</exception>
    public static ResourceName Parse(string text) => TryParse(text, out var name)
        ? name
        : throw new TemperException("name_invalid", $"'{text}' is not a valid name.", hint: "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit.");

    /// <inheritdoc/>
    public override string ToString() => _text ?? throw new InvalidOperationException("The default ResourceName names nothing.");

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,62}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();

    private sealed class ResourceNameJson : JsonConverter<ResourceName>
    {
        public override ResourceName Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var name) ? name : throw new JsonException("expected a name of 1 to 63 of a-z, 0-9, '.', '_', '-'");

        public override void Write(Utf8JsonWriter writer, ResourceName value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

        public override ResourceName ReadAsPropertyName(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => Read(ref reader, type, options);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, ResourceName value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());
    }
}

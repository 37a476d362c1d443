using System.Text.Json;
using Temper.Core.Json;

namespace Temper.Registry.Schema;

/// <summary>Values as columns hold them.</summary>
internal static class Column
{
    /// <summary>A document as JSON text; null stays null.</summary>
    public static string? Json<T>(T? value) => value is null ? null : JsonSerializer.Serialize(value, Wire.Json);

    /// <summary>A document from JSON text; null stays null.</summary>
    public static T? Read<T>(string? text) => text is null ? default : JsonSerializer.Deserialize<T>(text, Wire.Json);

    /// <summary>A JSON value from its text; null stays null.</summary>
    public static JsonElement? Element(string? text) => text is null ? null : JsonElement.Parse(text);

    /// <summary>An enum as its lower-case word.</summary>
    public static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

using System.Text.Json;

namespace Temper.Ingest;

/// <summary>JSON that is written anew token by token.</summary>
internal static class JsonCopying
{
    /// <summary>A reader of JSON that stands inside a record, and was parsed before.</summary>
    public static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = JsonLine.MaxDepth + 2 });

    /// <summary>Writes a token that is neither a name nor a string: brackets, and numbers and words as they stand.</summary>
    public static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
                break;
            default:
                writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                break;
        }
    }
}

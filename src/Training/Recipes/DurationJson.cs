using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Temper.Training.Recipes;

/// <summary>Durations as people write them: a number and one of s, m, h, d.</summary>
internal sealed class DurationJson : JsonConverter<TimeSpan>
{
    public static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || !double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number is <= 0 or > 1e6)
            return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
    }

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString() ?? "") ?? throw new JsonException("expected a duration such as 90s, 30m, 2h or 1.5d");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.TotalSeconds.ToString("R", CultureInfo.InvariantCulture) + "s");
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Temper.Core.Json;

/// <summary>JSON as all parts of the product speak it: snake_case names, enums as snake_case words, absent rather than null.</summary>
public static class Wire
{
    /// <summary>For answers: a field that the reader does not know is skipped, so that servers can be newer.</summary>
    public static readonly JsonSerializerOptions Json = Make(strict: false);

    /// <summary>For requests, files and settings: an unknown or repeated key is an error.</summary>
    public static readonly JsonSerializerOptions Strict = Make(strict: true);

    /// <summary>As <see cref="Json"/>, indented for people.</summary>
    public static readonly JsonSerializerOptions Pretty = new(Json) { WriteIndented = true };

    /// <summary>Any value as a JSON element of the wire's spelling.</summary>
    public static JsonElement ToElement<T>(T value) => JsonSerializer.SerializeToElement(value, Json);

    private static JsonSerializerOptions Make(bool strict)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            PropertyNameCaseInsensitive = false,
            NumberHandling = JsonNumberHandling.Strict,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            UnmappedMemberHandling = strict ? JsonUnmappedMemberHandling.Disallow : JsonUnmappedMemberHandling.Skip,
            AllowDuplicateProperties = !strict,
            RespectNullableAnnotations = strict,
            RespectRequiredConstructorParameters = strict,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}

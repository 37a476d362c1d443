using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Temper.Core.Json;

/// <summary>JSON as all parts of the product speak it: snake_case names, enums as snake_case words, absent rather than null.</summary>
public static class Wire
{
    /// <summary>For answers: a field that the reader does not know is skipped, so that servers can be newer.</summary>
    public static readonly JsonSerializerOptions Json = Make(strict: false);

    /// <summary>For requests, files and settings: an unknown or repeated key is an error, and so is a missing one unless its type is nullable.</summary>
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
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AbsentIsNull } },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>We write absent rather than null, so what may be null may be absent.</summary>
    private static void AbsentIsNull(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
            if (property.AssociatedParameter is { IsNullable: true })
                property.IsRequired = false;
    }
}

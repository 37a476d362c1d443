using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Temper.Core.Ids;

namespace Temper.Registry.Http;

/// <summary>Tells the document what our ids look like; their converters are opaque to it.</summary>
internal static class OpenApiSchemas
{
    private static readonly Dictionary<Type, (string Pattern, string Example)> Ids = new()
    {
        [typeof(ResourceName)] = (@"^[a-z0-9][a-z0-9._-]{0,62}$", "support-bot"),
        [typeof(Digest)] = ("^[0-9a-f]{64}$", new string('0', 64)),
        [typeof(WorkId)] = ("^(ing|job)-[0-9a-hjkmnp-tv-z]{26}$", $"job-{new string('0', Ulid.Length)}"),
    };

    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (Ids.TryGetValue(type, out var id))
            (schema.Type, schema.Pattern, schema.Examples) = (JsonSchemaType.String, id.Pattern, [JsonValue.Create(id.Example)]);
        return Task.CompletedTask;
    }
}

using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Registry.Http;

/// <summary>A request's body, read strictly: an unknown, repeated or missing key is <c>invalid_json</c> with the path to it.</summary>
internal sealed record JsonBody<T>(T Value) : IBindableFromHttpContext<JsonBody<T>>, IEndpointParameterMetadataProvider
{
    private const long Largest = 16 << 20;

    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Largest;
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(context.Request.Body, Wire.Strict, context.RequestAborted) is { } value
                ? new(value)
                : throw new TemperException("invalid_json", $"The body is null, where a {typeof(T).Name} was expected.");
        }
        catch (JsonException e)
        {
            throw new TemperException([new("invalid_json", $"The body is not a {typeof(T).Name}: {e.Message}") { Path = e.Path, Line = e.LineNumber + 1 }], e);
        }
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Registry.Publishing;

/// <summary>Results of workers as typed records.</summary>
internal static class Documents
{
    /// <exception cref="TemperException">Code <c>invalid_json</c>, with the path.</exception>
    public static T Read<T>(JsonElement body)
    {
        try
        {
            return body.Deserialize<T>(Wire.Strict) ?? throw new TemperException("invalid_json", $"The result is null, where a {typeof(T).Name} was expected.");
        }
        catch (JsonException e)
        {
            throw new TemperException([new("invalid_json", $"The result is not a {typeof(T).Name}: {e.Message}") { Path = e.Path }], e);
        }
    }
}

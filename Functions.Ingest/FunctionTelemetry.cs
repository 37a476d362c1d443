using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Temper.Functions.Ingest;

/// <summary>Traces, metrics and log lines of the worker beside those of the Functions host, which leaves a worker's lines to it: a blob's arrival and the rows it
/// starts are one trace.</summary>
internal static class FunctionTelemetry
{
    public static void AddTelemetry(this FunctionsApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry().UseFunctionsWorkerDefaults()
            .WithTracing(tracing => tracing.AddSource("Temper.*", "System.Net.Http", "Azure.*"))
            .WithMetrics(metrics => metrics.AddMeter("Temper.*", "System.Net.Http", "System.Runtime"));
        if (!string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")))
            telemetry.WithLogging(null, lines => lines.IncludeFormattedMessage = true).UseOtlpExporter();
    }
}

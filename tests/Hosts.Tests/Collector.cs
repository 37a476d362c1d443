using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Temper.Hosts.Tests;

/// <summary>A process that exported: its resource's attributes.</summary>
internal sealed record Exporter(string Service, string Instance, string Pid);

/// <summary>An exported span; ids in hex, <c>Parent</c> empty for a root.</summary>
internal sealed record ExportedSpan(Exporter By, string Trace, string Id, string Parent, string Name, ulong Began, ulong Ended, IReadOnlyDictionary<string, string> Tags);

/// <summary>An exported log record and how many attributes it has beside its text.</summary>
internal sealed record ExportedLog(Exporter By, string Trace, string Body, IReadOnlyDictionary<string, string> Attributes);

/// <summary>Receives OTLP over HTTP as protobuf on a loopback port, and reads it (opentelemetry-proto, v1 of traces, metrics and logs).</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Collector(WebApplication app) => _app = app;

    public ConcurrentQueue<ExportedSpan> Spans { get; } = [];

    public ConcurrentQueue<(Exporter By, string Name)> Metrics { get; } = [];

    public ConcurrentQueue<ExportedLog> Logs { get; } = [];

    /// <summary>What makes a process export here, soon.</summary>
    public (string Name, string Value)[] Variables => Pointing(_app.Urls.First());

    public static (string Name, string Value)[] Pointing(string address) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector._app.MapPost("/v1/{signal}", collector.ReceiveAsync);
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context, string signal)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        foreach (var group in WireField.Read(body.ToArray()).Where(f => f.Number == 1))
        {
            var resource = Attributes(group.Fields.First(f => f.Number == 1).Fields, 1);
            var by = new Exporter(resource["service.name"], resource["service.instance.id"], resource["process.pid"]);
            foreach (var item in group.Fields.Where(f => f.Number == 2).SelectMany(scope => scope.Fields.Where(f => f.Number == 2)))
                Take(signal, by, [.. item.Fields]);
        }
        context.Response.ContentType = "application/x-protobuf";
    }

    private void Take(string signal, Exporter by, List<WireField> item)
    {
        WireField Of(int number) => item.Find(f => f.Number == number);
        switch (signal)
        {
            case "traces":
                Spans.Enqueue(new(by, Of(1).Hex, Of(2).Hex, Of(4).Hex, Of(5).Text, Of(7).Value, Of(8).Value, Attributes(item, 9)));
                break;
            case "metrics":
                Metrics.Enqueue((by, Of(1).Text));
                break;
            case "logs":
                Logs.Enqueue(new(by, Of(9).Hex, Text(Of(5).Bytes), Attributes(item, 6)));
                break;
            default:
                throw new InvalidDataException(signal);
        }
    }

    private static Dictionary<string, string> Attributes(IEnumerable<WireField> fields, int number) => fields.Where(f => f.Number == number)
        .ToDictionary(f => f.Fields.First(k => k.Number == 1).Text, f => Text(f.Fields.FirstOrDefault(v => v.Number == 2).Bytes));

    private static string Text(ReadOnlyMemory<byte> any) => WireField.Read(any) is [var value, ..] ? value.Bytes.IsEmpty ? $"{value.Value}" : value.Text : "";
}

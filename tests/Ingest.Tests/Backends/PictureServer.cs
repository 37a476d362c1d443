using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Temper.Ingest.Tests.Backends;

/// <summary>A web server on a loopback address that gives pictures, or whatever a test wants it to give.</summary>
internal sealed class PictureServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _now, _most;

    private PictureServer(string host)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Limits.MinResponseDataRate = null);
        _app = builder.Build();
        _app.Urls.Add($"http://{host}:0");
        _app.Run(AnswerAsync);
    }

    public int Port { get; private set; }

    /// <summary>Content by path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Targets of all requests, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Answers instead of the files.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>The most requests that were under way at a time.</summary>
    public int MostAtATime => _most;

    public static async Task<PictureServer> StartAsync(string host = "127.0.0.1")
    {
        var server = new PictureServer(host);
        await server._app.StartAsync();
        server.Port = new Uri(server._app.Urls.First()).Port;
        return server;
    }

    public string Url(string path, string host = "127.0.0.1") => string.Create(CultureInfo.InvariantCulture, $"http://{host}:{Port}{path}");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        Requests.Enqueue(target);
        var now = Interlocked.Increment(ref _now);
        for (var most = _most; now > most; most = _most)
            Interlocked.CompareExchange(ref _most, now, most);
        try
        {
            if (Answer is { } answer)
            {
                await answer(context);
                return;
            }
            if (!Files.TryGetValue(target, out var content))
            {
                context.Response.StatusCode = 404;
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<html>not found</html>");
                return;
            }
            context.Response.ContentType = "image/png";
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content);
        }
        finally
        {
            Interlocked.Decrement(ref _now);
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Serving;

/// <summary>OpenAI's routes over a <see cref="ServingHost"/>.</summary>
public static class OpenAiRoutes
{
    /// <summary>Names fields of the request that were ignored.</summary>
    public const string WarningHeader = "X-Temper-Warning";

    /// <summary>Maps <c>POST /v1/chat/completions</c>, <c>POST /v1/classifications</c>, <c>POST /v1/images/classifications</c>, <c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>. Errors have OpenAI's shape, also those of routes that are not there.
    /// The host is asked for at the first request: inside the one-process edition its registry listens only then.</summary>
    public static IEndpointConventionBuilder MapOpenAi(this IEndpointRouteBuilder routes, Func<ServingHost> host, TimeProvider clock)
    {
        var group = routes.MapGroup("/v1");
        group.MapPost("/chat/completions", http => Guarded(http, host, () => ChatAsync(http, host(), clock)));
        group.MapPost("/classifications", http => Guarded(http, host, () => ClassificationRoutes.TextsAsync(http, host())));
        group.MapPost("/images/classifications", http => Guarded(http, host, () => ClassificationRoutes.ImagesAsync(http, host())));
        group.MapGet("/models", http => Guarded(http, host, () => ListAsync(http, host())));
        group.MapGet("/models/{**id}", http => Guarded(http, host, () => ModelAsync(http, host(), (string)http.GetRouteValue("id")!)));
        group.Map("/{**rest}", http => Guarded(http, host, () => StrangerAsync(http)));
        return group;
    }

    /// <summary>Another method of a route that exists, or a route that does not.</summary>
    private static Task StrangerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!.TrimEnd('/');
        var allowed = path.EndsWith("/chat/completions", StringComparison.Ordinal) || path.EndsWith("/classifications", StringComparison.Ordinal) ? "POST" : path.EndsWith("/models", StringComparison.Ordinal) || path.Contains("/models/", StringComparison.Ordinal) ? "GET" : null;
        if (allowed is not null)
            http.Response.Headers.Allow = allowed;
        return allowed is null
            ? OpenAiErrors.WriteAsync(http, 404, "unknown_url", $"Unknown request URL: {http.Request.Method} {path}. This server answers POST /v1/chat/completions, POST /v1/classifications, POST /v1/images/classifications, GET /v1/models, GET /v1/models/NAME, and with its registry /v1/files and /v1/fine_tuning/jobs.")
            : OpenAiErrors.WriteAsync(http, 405, "method_not_supported", $"Not allowed to {http.Request.Method} on {path}; use {allowed}.");
    }

    private static async Task Guarded(HttpContext http, Func<ServingHost> host, Func<Task> answer)
    {
        try
        {
            RequireKey(http, host().Options.ApiKey);
            await answer().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to tell.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            await OpenAiErrors.WriteAsync(http, e).ConfigureAwait(false);
        }
    }

    private static void RequireKey(HttpContext http, string? key)
    {
        // Hashes are compared, so that time tells nothing, not even the length.
        if (key is not null && !CryptographicOperations.FixedTimeEquals(Hash($"Bearer {key}"), Hash(http.Request.Headers.Authorization.ToString())))
            throw new TemperException("unauthorised", "This server asks for an API key, and this one is missing or wrong.");
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static async Task ChatAsync(HttpContext http, ServingHost host, TimeProvider clock)
    {
        var call = await ChatRequestReader.ReadAsync(http.Request.Body, http.RequestAborted).ConfigureAwait(false);
        var stream = await host.StartAsync(call.Request, http.RequestAborted).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (call.Unknown.Count > 0)
                http.Response.Headers[WarningHeader] = Ascii($"ignored fields: {string.Join(", ", call.Unknown)}");
            if (call.Stream)
                await new SseWriter(http, stream, call.IncludeUsage, host.Options.PingEvery, clock).WriteAsync(call.Request.Choices).ConfigureAwait(false);
            else
                await WholeAsync(http, stream, call.Request.Choices).ConfigureAwait(false);
        }
    }

    private static async Task WholeAsync(HttpContext http, ChatStream stream, int choices)
    {
        var texts = Enumerable.Range(0, choices).Select(_ => new StringBuilder()).ToArray();
        var finishes = new FinishReason[choices];
        await foreach (var piece in stream.ReadAsync(http.RequestAborted).ConfigureAwait(false))
        {
            texts[piece.Choice].Append(piece.Text);
            finishes[piece.Choice] = piece.Finish ?? finishes[piece.Choice];
        }
        var completion = ChatJson.Completion(stream, texts.Select((text, i) => (text.ToString(), finishes[i])));
        await http.Response.WriteAsJsonAsync(completion, completion.GetType(), ChatJson.Options, http.RequestAborted).ConfigureAwait(false);
    }

    private static async Task ListAsync(HttpContext http, ServingHost host)
    {
        var models = await host.ListModelsAsync(http.RequestAborted).ConfigureAwait(false);
        var list = new { Object = "list", Data = models.Select(model => Card(model.Name.ToString(), model.UpdatedMs)) };
        await http.Response.WriteAsJsonAsync(list, ChatJson.Options, http.RequestAborted).ConfigureAwait(false);
    }

    private static async Task ModelAsync(HttpContext http, ServingHost host, string id)
    {
        var version = await host.FindModelAsync(id, http.RequestAborted).ConfigureAwait(false);
        await http.Response.WriteAsJsonAsync(Card(id, version.CreatedMs), ChatJson.Options, http.RequestAborted).ConfigureAwait(false);
    }

    private static object Card(string id, long createdMs) => new { Id = id, Object = "model", Created = createdMs / 1000, OwnedBy = "temper" };

    /// <summary>A header holds neither control characters nor letters beyond ASCII, and not a client's megabytes.</summary>
    internal static string Ascii(string text) => new([.. text.Take(500).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
}

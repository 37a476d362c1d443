using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Temper.Core.Events;
using Temper.Core.Json;

namespace Temper.Registry.Events;

/// <summary>The log of events as server-sent events.</summary>
internal static class EventRoutes
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/events", (string? subject, long? after, HttpContext http, EventFeed feed, IHostApplicationLifetime host) =>
    {
        // A proxy that gathers an answer before it passes it on would make it no stream.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(Items(feed, Start(http, after), subject, host.ApplicationStopping, http.RequestAborted));
    }).WithTags("events").Produces<TemperEvent>(200, "text/event-stream");

    /// <summary>-1: from now on.</summary>
    private static long Start(HttpContext http, long? after) =>
        long.TryParse(http.Request.Headers["Last-Event-ID"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : after ?? -1;

    private static async IAsyncEnumerable<SseItem<string>> Items(EventFeed feed, long after, string? subject, CancellationToken host,
        [EnumeratorCancellation] CancellationToken client)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, host);
        if (after < 0)
            after = await feed.LastSeqAsync(client);
        // The first bytes tell the client that the stream stands.
        yield return new SseItem<string>("", "ping");
        await using var events = feed.FollowAsync(after, subject, either.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await NextAsync(events))
            yield return events.Current is { } occurred
                ? new SseItem<string>(JsonSerializer.Serialize(occurred, Wire.Json), occurred.Type) { EventId = occurred.Seq.ToString(CultureInfo.InvariantCulture) }
                : new SseItem<string>("", "ping");
    }

    /// <summary>False when the client went or the host stops: the end of a stream, no error.</summary>
    private static async Task<bool> NextAsync(IAsyncEnumerator<TemperEvent?> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

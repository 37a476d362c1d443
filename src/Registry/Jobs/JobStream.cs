using System.Globalization;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Events;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;

namespace Temper.Registry.Jobs;

/// <summary>
/// All that happens to one job, to its end: as server-sent events, or over a WebSocket where the client asks for one. Nothing is kept for a reader: each
/// message is read when the one before it is sent, so a slow one costs a connection and no memory, and comes back with the number it has seen.
/// </summary>
internal sealed class JobStream(EventFeed feed, JobQueries queries, RegistryOptions options, TimeProvider clock, IHostApplicationLifetime host, ILogger<JobStream> log)
{
    private const int MostPoints = 1000;

    /// <summary>Answers until the job has ended, the client goes or the host stops.</summary>
    public async Task AnswerAsync(HttpContext http, WorkId job, long? after)
    {
        var seen = long.TryParse(http.Request.Headers["Last-Event-ID"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : after ?? 0;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        try
        {
            if (http.WebSockets.IsWebSocketRequest)
                await OverSocketAsync(http, job, seen, either);
            else
                await AsEventsAsync(http, job, seen, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The client went, or the host stops: the end of a stream, no error.
        }
    }

    /// <summary>Null after each silence; ends with the event that ended the job.</summary>
    private async IAsyncEnumerable<JobNews?> ReadAsync(WorkId job, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        if ((await queries.FindAsync(job, ct))!.Ended && (await feed.ReadAsync(after, job.ToString(), 1, ct)).Count == 0)
            yield break;
        await foreach (var occurred in feed.FollowAsync(after, job.ToString(), ct))
        {
            yield return occurred is null ? null : await WithNumbersAsync(job, occurred, ct);
            if (occurred is { Type: "work.state" } && occurred.Data.TryGetProperty("state", out var state) && state.GetString() is "completed" or "failed" or "cancelled")
                yield break;
        }
    }

    private async Task<JobNews> WithNumbersAsync(WorkId job, TemperEvent occurred, CancellationToken ct)
    {
        var (points, lines) = (Range(occurred.Data, "points"), Range(occurred.Data, "lines"));
        IReadOnlyList<StepMetrics> metrics = points is var (first, last)
            ? [.. (await queries.MetricsAsync(job, (int)first - 1, MostPoints, ct)).Items.TakeWhile(point => point.Step <= last)]
            : [];
        IReadOnlyList<JobLogLine> texts = lines is var (from, to) ? (await queries.LogAsync(job, from - 1, (int)(to - from + 1), ct)).Items : [];
        return new(occurred.Seq, occurred.Type, occurred.AtMs, occurred.Data, metrics, texts);
    }

    private static (long First, long Last)? Range(JsonElement data, string name) =>
        data.TryGetProperty(name, out var range) && range.ValueKind == JsonValueKind.Array ? (range[0].GetInt64(), range[1].GetInt64()) : null;

    private async Task AsEventsAsync(HttpContext http, WorkId job, long after, CancellationToken ct)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await LineAsync(http, "event: ping\ndata: \n\n", ct);
        await foreach (var news in ReadAsync(job, after, ct))
            await LineAsync(http, news is null ? "event: ping\ndata: \n\n"
                : FormattableString.Invariant($"id: {news.Seq}\nevent: {news.Type}\ndata: {JsonSerializer.Serialize(news, Wire.Json)}\n\n"), ct);
        await LineAsync(http, "event: end\ndata: \n\n", ct);
    }

    private static async Task LineAsync(HttpContext http, string text, CancellationToken ct)
    {
        await http.Response.WriteAsync(text, ct);
        await http.Response.Body.FlushAsync(ct);
    }

    private async Task OverSocketAsync(HttpContext http, WorkId job, long after, CancellationTokenSource gone)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = options.PingEvery });
        var listening = ListenAsync(socket, gone);
        try
        {
            await foreach (var news in ReadAsync(job, after, gone.Token))
                if (news is not null && !await SendAsync(socket, news, gone.Token))
                    return;
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "the job has ended", gone.Token);
            await Task.WhenAny(listening, Task.Delay(options.SlowestReader, clock, gone.Token));
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            if (host.ApplicationStopping.IsCancellationRequested && socket.State == WebSocketState.Open)
                await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "the server stops; read on with after=SEQ", CancellationToken.None);
        }
        finally
        {
            await gone.CancelAsync();
            await listening;
        }
    }

    /// <summary>False: the reader does not read.</summary>
    private async Task<bool> SendAsync(WebSocket socket, JobNews news, CancellationToken ct)
    {
        var sending = socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(news, Wire.Json), WebSocketMessageType.Text, endOfMessage: true, ct);
        if (await Task.WhenAny(sending, Task.Delay(options.SlowestReader, clock, ct)) == sending)
        {
            await sending;
            return true;
        }
        log.LogInformation("A reader of a job's stream took longer than {Limit} for event {Seq} and is dropped; it can read on after {Seq}.", options.SlowestReader, news.Seq, news.Seq - 1);
        socket.Abort();
        await sending.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return false;
    }

    /// <summary>Clients say nothing but that they go.</summary>
    private static async Task ListenAsync(WebSocket socket, CancellationTokenSource gone)
    {
        var buffer = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(buffer, gone.Token)).MessageType != WebSocketMessageType.Close)
            {
                // What they say is not for us.
            }
            if (socket.State == WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, gone.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // Gone without a word.
        }
        await gone.CancelAsync();
    }
}

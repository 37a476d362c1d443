using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Temper.Serving;

/// <summary>
/// Server-sent events in the order that OpenAI's clients expect: role, content, end of each choice, usage if asked for, <c>[DONE]</c>. An error in the
/// middle is an <c>error</c> event without <c>[DONE]</c>. A silent stream gets a comment now and then.
/// </summary>
internal sealed class SseWriter(HttpContext http, ChatStream stream, bool includeUsage, TimeSpan pingEvery, TimeProvider clock)
{
    private readonly CancellationToken _gone = http.RequestAborted;

    /// <summary>Writes the whole answer of so many choices.</summary>
    public async Task WriteAsync(int choices)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            for (var choice = 0; choice < choices; choice++)
                await DataAsync(ChatJson.Opening(stream, choice, includeUsage)).ConfigureAwait(false);
            await PiecesAsync().ConfigureAwait(false);
            if (includeUsage)
                await DataAsync(ChatJson.UsageChunk(stream)).ConfigureAwait(false);
            await LineAsync("data: [DONE]\n\n").ConfigureAwait(false);
        }
        catch (Exception e) when (!_gone.IsCancellationRequested)
        {
            // The status has been sent, so the error travels in the stream.
            await LineAsync($"event: error\ndata: {JsonSerializer.Serialize(OpenAiErrors.Body(e), ChatJson.Options)}\n\n").ConfigureAwait(false);
        }
    }

    private async Task PiecesAsync()
    {
        var pieces = stream.ReadAsync(_gone).GetAsyncEnumerator(_gone);
        await using (pieces.ConfigureAwait(false))
        {
            while (true)
            {
                var next = pieces.MoveNextAsync().AsTask();
                while (!await ArrivedAsync(next).ConfigureAwait(false))
                    await LineAsync(": ping\n\n").ConfigureAwait(false);
                if (!await next.ConfigureAwait(false))
                    return;
                await PieceAsync(pieces.Current).ConfigureAwait(false);
            }
        }
    }

    /// <summary>False when nothing came for as long as a stream may be silent.</summary>
    private async Task<bool> ArrivedAsync(Task<bool> next)
    {
        if (next.IsCompleted)
            return true;
        using var stop = new CancellationTokenSource();
        var silence = Task.Delay(pingEvery, clock, stop.Token);
        var first = await Task.WhenAny(next, silence).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return first == next;
    }

    private async Task PieceAsync(ChatPiece piece)
    {
        if (piece.Text.Length > 0)
            await DataAsync(ChatJson.Content(stream, piece, includeUsage)).ConfigureAwait(false);
        if (piece.Finish is { } finish)
            await DataAsync(ChatJson.Ending(stream, piece.Choice, finish, includeUsage)).ConfigureAwait(false);
    }

    private Task DataAsync(object chunk) => LineAsync($"data: {JsonSerializer.Serialize(chunk, ChatJson.Options)}\n\n");

    private async Task LineAsync(string text)
    {
        await http.Response.WriteAsync(text, _gone).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(_gone).ConfigureAwait(false);
    }
}

using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Cli.Verbs;

/// <summary>What a model said.</summary>
/// <param name="Text">All of it.</param>
/// <param name="FinishReason">stop when the model ended by itself, length when it was cut.</param>
internal sealed record ChatAnswer(string Text, string FinishReason);

/// <summary>Streams <c>POST /v1/chat/completions</c>.</summary>
internal sealed class ChatStream(HttpClient http, string model, double temperature, int? seed, int maxTokens)
{
    /// <exception cref="TemperException">The server's own message, or <c>server_unreachable</c>.</exception>
    public async Task<ChatAnswer> AskAsync(IReadOnlyList<ChatTurn> conversation, Action<string> onText, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Content = JsonContent.Create(new { model, messages = conversation.Select(turn => new { turn.Role, turn.Content }), temperature, seed, max_tokens = maxTokens, stream = true }, options: Wire.Json),
        };
        using var response = await SendAsync(request, ct);
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var text = new StringBuilder();
        var finish = "";
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(ct))
        {
            if (item.Data == "[DONE]")
                return new(text.ToString(), finish);
            using var chunk = JsonDocument.Parse(item.Data);
            if (chunk.RootElement.TryGetProperty("error", out var error))
                throw new TemperException("internal", $"The answer broke off: {error.GetProperty("message").GetString()}");
            foreach (var choice in chunk.RootElement.GetProperty("choices").EnumerateArray())
            {
                if (choice.GetProperty("delta").TryGetProperty("content", out var piece) && piece.GetString() is { Length: > 0 } said)
                {
                    text.Append(said);
                    onText(said);
                }
                if (choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String)
                    finish = reason.GetString()!;
            }
        }
        throw new TemperException("server_unreachable", "The answer broke off before its end.", "Ask again.");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            throw new TemperException("server_unreachable", $"No server answers at {http.BaseAddress}.", "Start one with `temper up`, or name one with --server URL.", e);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw Refused(await response.Content.ReadAsStringAsync(ct), (int)response.StatusCode);
    }

    private static TemperException Refused(string body, int status)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var error = document.RootElement.GetProperty("error");
            var code = error.TryGetProperty("code", out var given) && given.GetString() is { } text && ErrorCatalogue.Find(text) is not null ? text : status == 404 ? "not_found" : "usage";
            return new(code, error.GetProperty("message").GetString() ?? body);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return status == 404
                ? new("not_found", "This server does not answer /v1/chat/completions.", "In a cluster the processes that serve have an address of their own: name it with --server URL.", e)
                : new("internal", $"The server answered {status}: {body[..Math.Min(body.Length, 200)]}", inner: e);
        }
    }
}

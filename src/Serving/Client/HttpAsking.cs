using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>Asks a server over its OpenAI routes. Errors come back as the exceptions that the host itself would throw.</summary>
internal sealed class HttpAsking(HttpClient http)
{
    public async IAsyncEnumerable<ChatChunk> AskAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(Body(request), options: ChatJson.Options) };
        using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw Error(await answer.Content.ReadAsStringAsync(ct).ConfigureAwait(false));
        var ended = false;
        var body = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(ct).ConfigureAwait(false))
        {
            if (item.EventType == "error")
                throw Error(item.Data);
            ended = item.Data == "[DONE]";
            if (ended)
                break;
            if (Chunk(item.Data) is { } chunk)
                yield return chunk;
        }
        if (!ended)
            throw new TemperException("server_unreachable", $"The answer from {http.BaseAddress} broke off.");
    }

    private static Dictionary<string, object?> Body(ChatRequest request)
    {
        var sampling = request.Sampling;
        return new()
        {
            ["model"] = request.Model,
            ["messages"] = request.Messages.Select(turn => new { turn.Role, turn.Content }),
            ["stream"] = true,
            ["stream_options"] = new { IncludeUsage = true },
            ["max_completion_tokens"] = request.MaxTokens,
            ["stop"] = request.Stop.Count > 0 ? request.Stop : null,
            ["n"] = request.Choices,
            ["temperature"] = sampling.Temperature,
            ["top_p"] = sampling.TopP,
            ["top_k"] = sampling.TopK,
            ["min_p"] = sampling.MinP,
            ["frequency_penalty"] = sampling.FrequencyPenalty,
            ["presence_penalty"] = sampling.PresencePenalty,
            ["repetition_penalty"] = sampling.RepetitionPenalty,
            ["logit_bias"] = sampling.LogitBias,
            ["seed"] = sampling.Seed,
            ["chat_template_kwargs"] = request.TemplateVariables,
        };
    }

    /// <summary>Null for a chunk that says nothing new.</summary>
    private static ChatChunk? Chunk(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var (id, model, created) = (root.GetProperty("id").GetString()!, root.GetProperty("model").GetString()!, root.GetProperty("created").GetInt64());
        if (root.GetProperty("usage") is { ValueKind: JsonValueKind.Object } usage)
            return new(id, model, created, "", null, new(usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32()));
        var choice = root.GetProperty("choices")[0];
        var text = choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString()! : "";
        FinishReason? finish = choice.GetProperty("finish_reason").GetString() switch { "stop" => FinishReason.Stop, "length" => FinishReason.Length, _ => null };
        return text.Length == 0 && finish is null ? null : new(id, model, created, text, finish, null);
    }

    private static TemperException Error(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var error = document.RootElement.GetProperty("error");
            var code = error.GetProperty("code").GetString() ?? "internal";
            var text = error.GetProperty("message").GetString()!;
            code = code == "model_not_found" ? "not_found" : code;
            return new([new Problem(ErrorCatalogue.Find(code) is null ? "internal" : code, text) { Path = error.GetProperty("param").GetString() }]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new("server_unreachable", "The server answered with something that is not OpenAI's error shape.", inner: e);
        }
    }
}

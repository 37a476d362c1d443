using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Temper.Serving;

/// <summary>A tuned model as <see cref="IChatClient"/>: in this process (<see cref="InProcess"/>) or behind a server's OpenAI routes (<see cref="Remote"/>).
/// Both behave the same.</summary>
public sealed class TemperChatClient : IChatClient
{
    private readonly Func<ChatRequest, CancellationToken, IAsyncEnumerable<ChatChunk>> _ask;
    private readonly ChatClientMetadata _metadata;
    private readonly string _model;

    private TemperChatClient(string model, Uri? address, Func<ChatRequest, CancellationToken, IAsyncEnumerable<ChatChunk>> ask)
    {
        (_model, _ask) = (model, ask);
        _metadata = new("temper", address, model);
    }

    /// <summary>Answers by <paramref name="host"/> itself, without HTTP.</summary>
    public static TemperChatClient InProcess(ServingHost host, string model) => new(model, null, new HostAsking(host).AskAsync);

    /// <summary>Answers by the server at the address of <paramref name="http"/>, which stays the caller's.</summary>
    public static TemperChatClient Remote(HttpClient http, string model) => new(model, http.BaseAddress, new HttpAsking(http).AskAsync);

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = ChatOptionsMapping.Map(_model, messages, options);
        await foreach (var chunk in _ask(request, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return Update(chunk);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null : serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;

    /// <summary>Frees nothing: host and HTTP client are the caller's.</summary>
    public void Dispose() { }

    private static ChatResponseUpdate Update(ChatChunk chunk)
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, chunk.Text)
        {
            ResponseId = chunk.Id,
            MessageId = chunk.Id,
            ModelId = chunk.Model,
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(chunk.CreatedS),
            FinishReason = chunk.Finish switch { FinishReason.Stop => ChatFinishReason.Stop, FinishReason.Length => ChatFinishReason.Length, _ => null },
        };
        if (chunk.Usage is { } usage)
            update.Contents.Add(new UsageContent(new() { InputTokenCount = usage.PromptTokens, OutputTokenCount = usage.CompletionTokens, TotalTokenCount = usage.TotalTokens }));
        return update;
    }
}

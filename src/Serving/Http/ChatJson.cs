using System.Text.Encodings.Web;
using System.Text.Json;

namespace Temper.Serving;

/// <summary>Answers in OpenAI's shape. Unlike elsewhere on the wire, null members are written: clients look for them.</summary>
internal static class ChatJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary><c>chat.completion</c>: <paramref name="choices"/> hold the text and the end of each choice, in order.</summary>
    public static object Completion(ChatStream stream, IEnumerable<(string Text, FinishReason Finish)> choices) => new
    {
        stream.Id,
        Object = "chat.completion",
        Created = stream.CreatedS,
        stream.Model,
        SystemFingerprint = stream.Fingerprint,
        Choices = choices.Select((choice, index) => new
        {
            Index = index,
            Message = new { Role = "assistant", Content = choice.Text, Refusal = (string?)null },
            Logprobs = (object?)null,
            FinishReason = Word(choice.Finish),
        }),
        Usage = Usage(stream.Usage),
    };

    /// <summary>Chunk that opens a choice.</summary>
    public static object Opening(ChatStream stream, int choice, bool withUsage) => Chunk(stream, [Delta(choice, new { Role = "assistant", Content = "" }, null)], withUsage, null);

    /// <summary>Chunk with text.</summary>
    public static object Content(ChatStream stream, ChatPiece piece, bool withUsage) => Chunk(stream, [Delta(piece.Choice, new { Content = piece.Text }, null)], withUsage, null);

    /// <summary>Chunk that ends a choice.</summary>
    public static object Ending(ChatStream stream, int choice, FinishReason finish, bool withUsage) => Chunk(stream, [Delta(choice, new { }, Word(finish))], withUsage, null);

    /// <summary>The one chunk with usage, after all others.</summary>
    public static object UsageChunk(ChatStream stream) => Chunk(stream, [], true, Usage(stream.Usage));

    private static object Delta(int choice, object delta, string? finish) => new { Index = choice, Delta = delta, Logprobs = (object?)null, FinishReason = finish };

    private static Dictionary<string, object?> Chunk(ChatStream stream, object[] choices, bool withUsage, object? usage)
    {
        var chunk = new Dictionary<string, object?>
        {
            ["id"] = stream.Id,
            ["object"] = "chat.completion.chunk",
            ["created"] = stream.CreatedS,
            ["model"] = stream.Model,
            ["system_fingerprint"] = stream.Fingerprint,
            ["choices"] = choices,
        };
        if (withUsage)
            chunk["usage"] = usage;
        return chunk;
    }

    private static object Usage(TokenUsage usage) => new { usage.PromptTokens, usage.CompletionTokens, usage.TotalTokens };

    private static string Word(FinishReason finish) => finish == FinishReason.Stop ? "stop" : "length";
}

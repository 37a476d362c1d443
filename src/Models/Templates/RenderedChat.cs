namespace Temper.Models;

/// <summary>Characters [<paramref name="Start"/>, <paramref name="End"/>) of a text, in UTF-16 units.</summary>
public readonly record struct TextSpan(int Start, int End);

/// <summary>A chat as text.</summary>
/// <param name="Text">What the model reads.</param>
/// <param name="Cuts">Places inside message contents that no special token may span, so that a user cannot spell one.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<int> Cuts)
{
    /// <summary>What each assistant message contributed, in message order, its end-of-turn token included. Filled by
    /// RenderForTraining.</summary>
    public IReadOnlyList<TextSpan> AssistantSpans { get; init; } = [];

    /// <summary>Tokens of the chat. Templates bring their own BOS, so the tokenizer adds none.</summary>
    public TokenEncoding Encode(Tokenizer tokenizer) => tokenizer.Encode(Text, new EncodeOptions { Cuts = Cuts });

    /// <summary>As <see cref="Encode"/>, without places.</summary>
    public int[] EncodeIds(Tokenizer tokenizer) => tokenizer.EncodeIds(Text, new EncodeOptions { Cuts = Cuts });
}

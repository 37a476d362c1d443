using System.Text.Json.Nodes;
using Temper.Core.Datasets;

namespace Temper.Models;

/// <summary>Characters [<paramref name="Start"/>, <paramref name="End"/>) of a text, in UTF-16 units.</summary>
public readonly record struct TextSpan(int Start, int End);

/// <summary>A chat as text.</summary>
/// <param name="Text">What the model reads.</param>
/// <param name="Cuts">Places inside message contents that no special token may span, so that a user cannot spell one.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<int> Cuts)
{
    /// <summary>What each assistant message contributed, in message order, its end-of-turn token included. Filled by
    /// <see cref="ChatTemplate.RenderForTraining"/>.</summary>
    public IReadOnlyList<TextSpan> AssistantSpans { get; init; } = [];
}

/// <summary>A chat template: a sandboxed subset of Jinja as Hugging Face's tokenizers use it (trim_blocks, lstrip_blocks).
/// Steps, recursion and output are limited; a template cannot change its inputs. Errors: <c>template_invalid</c>,
/// <c>template_unsupported</c>, <c>template_failed</c>, <c>template_refused</c> (raise_exception), <c>template_limit</c>.</summary>
public sealed class ChatTemplate
{
    /// <summary>The template of models that the product builds itself: ChatML.</summary>
    public const string ChatMl =
        "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\\n' }}" +
        "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] + '<|im_end|>' }}{% endgeneration %}" +
        "{%- else %}{{- message['content'] + '<|im_end|>' }}{%- endif %}{{- '\\n' }}{%- endfor %}" +
        "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    /// <summary>Parses a template. <paramref name="variables"/> (bos_token, eos_token, …) are visible to it by name;
    /// <paramref name="guarded"/> are the special tokens that message contents must not be able to spell.</summary>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? variables = null, IReadOnlyList<string>? guarded = null) =>
        throw new NotSupportedException($"{source} {variables} {guarded}");

    /// <summary>The template's text.</summary>
    public string Source => throw new NotSupportedException("template");

    /// <summary>The chat as text; with <paramref name="addGenerationPrompt"/> it ends where the assistant begins to speak.</summary>
    public RenderedChat Render(IReadOnlyList<ChatTurn> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra = null) =>
        throw new NotSupportedException($"{messages} {addGenerationPrompt} {extra}");

    /// <summary>The whole chat with the spans of assistant turns: from the template's generation tags, or else from the difference of
    /// renderings of prefixes. A template that allows neither is an error <c>assistant_mask_unavailable</c>.</summary>
    public RenderedChat RenderForTraining(IReadOnlyList<ChatTurn> messages) => throw new NotSupportedException($"{messages}");
}

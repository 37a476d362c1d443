using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>A chat template: a sandboxed subset of Jinja as Hugging Face's tokenizers use it (trim_blocks, lstrip_blocks).
/// Steps, recursion and output are limited; a template cannot change its inputs. Errors: <c>template_invalid</c>,
/// <c>template_unsupported</c>, <c>template_failed</c>, <c>template_refused</c> (raise_exception), <c>template_limit</c>.
/// Safe for concurrent use.</summary>
public sealed class ChatTemplate
{
    /// <summary>The template of models that the product builds itself: ChatML.</summary>
    public const string ChatMl =
        "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\\n' }}" +
        "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] + '<|im_end|>' }}{% endgeneration %}" +
        "{%- else %}{{- message['content'] + '<|im_end|>' }}{%- endif %}{{- '\\n' }}{%- endfor %}" +
        "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    private readonly IReadOnlyList<JinjaNode> nodes;
    private readonly IReadOnlyDictionary<string, string> variables;
    private readonly IReadOnlyList<string> guarded;
    private readonly JinjaClock clock;

    private ChatTemplate(string source, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> guarded, TimeProvider time)
    {
        (Source, this.variables, this.guarded, clock) = (source, variables, guarded, new JinjaClock(time));
        nodes = JinjaParser.Parse(source);
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Parses a template. <paramref name="variables"/> (bos_token, eos_token, …) are visible to it by name;
    /// <paramref name="guarded"/> are the special tokens that message contents must not be able to spell;
    /// <paramref name="time"/> answers strftime_now.</summary>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? variables = null, IReadOnlyList<string>? guarded = null, TimeProvider? time = null) =>
        new(source, variables ?? new Dictionary<string, string>(), guarded ?? [], time ?? TimeProvider.System);

    /// <summary>The chat as text; with <paramref name="addGenerationPrompt"/> it ends where the assistant begins to speak.
    /// <paramref name="extra"/> are more variables (tools, documents, a template's own switches).</summary>
    public RenderedChat Render(IReadOnlyList<ChatTurn> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra = null) =>
        Run(messages, addGenerationPrompt, extra, new ContentGuard(guarded, messages)).Chat with { AssistantSpans = [] };

    /// <summary>The whole chat with the spans of assistant turns: from the template's generation tags, or else from the difference of
    /// renderings of prefixes. A template that allows neither is an error <c>assistant_mask_unavailable</c>.</summary>
    public RenderedChat RenderForTraining(IReadOnlyList<ChatTurn> messages)
    {
        var guard = new ContentGuard(guarded, messages);
        var (chat, tags) = Run(messages, addGenerationPrompt: false, null, guard);
        var turns = messages.Count(IsAssistant);
        if (chat.AssistantSpans.Count == turns && tags == turns) return chat;
        var spans = new List<TextSpan>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (!IsAssistant(messages[i])) continue;
            spans.Add(Difference(messages, i, chat.Text, guard) ?? throw new TemperException("assistant_mask_unavailable",
                $"The chat template does not tell which characters the assistant wrote: it has {tags} generation tags for {turns} assistant turns, and the text up to message {i + 1} changes with what follows it."));
        }

        return chat with { AssistantSpans = spans };
    }

    private static bool IsAssistant(ChatTurn turn) => turn.Role == "assistant";

    private TextSpan? Difference(IReadOnlyList<ChatTurn> messages, int i, string whole, ContentGuard guard)
    {
        try
        {
            var before = Run([.. messages.Take(i)], addGenerationPrompt: true, null, guard).Chat.Text;
            var through = Run([.. messages.Take(i + 1)], addGenerationPrompt: false, null, guard).Chat.Text;
            return through.StartsWith(before, StringComparison.Ordinal) && whole.StartsWith(through, StringComparison.Ordinal)
                ? new TextSpan(before.Length, through.Length) : null;
        }
        catch (TemperException e) when (e.Code is "template_refused" or "template_failed")
        {
            // A template may refuse a chat that stops early; then its prefixes say nothing.
            return null;
        }
    }

    private (RenderedChat Chat, int Tags) Run(IReadOnlyList<ChatTurn> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra, ContentGuard guard)
    {
        var scope = new JinjaScope(null);
        foreach (var (name, value) in variables) scope.Set(name, value);
        scope.Set("tools", null);
        scope.Set("documents", null);
        scope.Set("add_generation_prompt", addGenerationPrompt);
        scope.Set("messages", messages.Select(m => (object?)new OrderedDictionary<string, object?> { ["role"] = m.Role, ["content"] = guard.Mark(m.Content) }).ToList());
        foreach (var (name, value) in extra ?? new Dictionary<string, JsonNode?>()) scope.Set(name, JinjaJson.FromJson(value));
        var run = new JinjaRun(clock);
        new JinjaEvaluator(run).Run(nodes, new JinjaScope(scope));
        return (guard.Unmark(run.Output, run.Generations), run.Generations.Count + run.UnplacedGenerations);
    }
}

using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Models;

/// <summary>A chat template: a sandboxed subset of Jinja as Hugging Face's tokenizers use it (trim_blocks, lstrip_blocks).
/// Steps, recursion and output are limited; a template cannot change its inputs. Errors: <c>template_invalid</c>,
/// <c>template_unsupported</c>, <c>template_failed</c>, <c>template_refused</c> (raise_exception), <c>template_limit</c>.
/// Safe for concurrent use.</summary>
public sealed class ChatTemplate
{
    /// <summary>The file of a template in a folder of a model or an adapter.</summary>
    public const string FileName = "chat_template.jinja";

    /// <summary>The template of models that the product builds itself: ChatML.</summary>
    public const string ChatMl =
        "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\\n' }}" +
        "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] + '<|im_end|>' }}{% endgeneration %}" +
        "{%- else %}{{- message['content'] + '<|im_end|>' }}{%- endif %}{{- '\\n' }}{%- endfor %}" +
        "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    private readonly IReadOnlyList<JinjaNode> nodes;
    private readonly IReadOnlyList<JinjaNode>? edited;
    private readonly IReadOnlyDictionary<string, string> variables;
    private readonly IReadOnlyList<string> guarded;
    private readonly JinjaClock clock;

    private ChatTemplate(string source, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> guarded, TimeProvider time, IReadOnlyList<TemplateEdit> edits)
    {
        (Source, this.variables, this.guarded, clock) = (source, variables, guarded, new JinjaClock(time));
        nodes = JinjaParser.Parse(source);
        edited = edits.Count > 0 ? JinjaParser.Parse(GenerationEdits.Apply(source, edits)) : null;
    }

    private ChatTemplate(ChatTemplate other, TimeProvider time) =>
        (Source, variables, guarded, clock, nodes, edited) = (other.Source, other.variables, other.guarded, new JinjaClock(time), other.nodes, other.edited);

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Identity of what it renders: its text, its variables, and the tokens that contents cannot spell.</summary>
    public Digest Digest => CanonicalJson.DigestOf(Wire.ToElement(new { Source, Variables = new SortedDictionary<string, string>(variables.ToDictionary(), StringComparer.Ordinal), Guarded = guarded }));

    /// <summary>Parses a template. <paramref name="variables"/> (bos_token, eos_token, …) are visible to it by name;
    /// <paramref name="guarded"/> are the special tokens that message contents must not be able to spell;
    /// <paramref name="time"/> answers strftime_now.</summary>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? variables = null, IReadOnlyList<string>? guarded = null, TimeProvider? time = null) =>
        new(source, variables ?? new Dictionary<string, string>(), guarded ?? [], time ?? TimeProvider.System, GenerationEdits.Of(source));

    /// <summary>The same template for training. Its clock stands at midnight of 26 July 2024 UTC, the date that Llama's templates take where there is no
    /// clock: what a model learns, and whether a run that goes on gives the same bits, must not depend on the day.</summary>
    public ChatTemplate AtTrainingTime() => new(this, TrainingTime.Instance);

    /// <summary>Parses a template with changes that put generation tags into it.</summary>
    internal static ChatTemplate Parse(string source, IReadOnlyList<TemplateEdit> edits) => new(source, new Dictionary<string, string>(), [], TimeProvider.System, edits);

    /// <summary>The chat as text; with <paramref name="addGenerationPrompt"/> it ends where the assistant begins to speak.
    /// <paramref name="extra"/> are more variables (tools, documents, a template's own switches).</summary>
    public RenderedChat Render(IReadOnlyList<ChatTurn> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra = null) =>
        Render(ChatMessages.From(messages), addGenerationPrompt, extra);

    /// <summary>As <c>Render</c>, for messages as clients write them: objects with role, content (text or parts), tool_calls and more.</summary>
    public RenderedChat RenderMessages(JsonArray messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra = null) =>
        Render(ChatMessages.From(messages), addGenerationPrompt, extra);

    /// <summary>The whole chat with the spans of assistant turns: from the template's generation tags (for templates of
    /// <see cref="GenerationEdits"/>: put in here), or else from the difference of renderings of prefixes. A template that allows neither is
    /// an error <c>assistant_mask_unavailable</c>.</summary>
    public RenderedChat RenderForTraining(IReadOnlyList<ChatTurn> messages, IReadOnlyDictionary<string, JsonNode?>? extra = null) =>
        RenderForTraining(ChatMessages.From(messages), extra);

    /// <summary>As <c>RenderForTraining</c>, for messages as clients write them.</summary>
    public RenderedChat RenderMessagesForTraining(JsonArray messages, IReadOnlyDictionary<string, JsonNode?>? extra = null) =>
        RenderForTraining(ChatMessages.From(messages), extra);

    private RenderedChat Render(ChatMessages messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra) =>
        Run(nodes, messages, addGenerationPrompt, extra, Guard(messages, extra)).Chat with { AssistantSpans = [] };

    private RenderedChat RenderForTraining(ChatMessages messages, IReadOnlyDictionary<string, JsonNode?>? extra)
    {
        var guard = Guard(messages, extra);
        var turns = Enumerable.Range(0, messages.Count).Where(messages.IsAssistant).ToArray();
        var (chat, tags) = Run(nodes, messages, addGenerationPrompt: false, extra, guard);
        if (chat.AssistantSpans.Count == turns.Length && tags == turns.Length) return chat;
        if (edited is not null && Run(edited, messages, addGenerationPrompt: false, extra, guard) is var (marked, editedTags)
            && editedTags == turns.Length && marked.AssistantSpans.Count == turns.Length && marked.Text == chat.Text) return marked;
        return chat with
        {
            AssistantSpans = [.. turns.Select(i => Difference(messages, i, chat.Text, extra, guard) ?? throw new TemperException("assistant_mask_unavailable",
                $"The chat template does not tell which characters the assistant wrote: it has {tags} generation tags for {turns.Length} assistant turns, and the text up to message {i + 1} changes with what follows it."))],
        };
    }

    private TextSpan? Difference(ChatMessages messages, int i, string whole, IReadOnlyDictionary<string, JsonNode?>? extra, ContentGuard guard)
    {
        try
        {
            var before = Run(nodes, messages.Take(i), addGenerationPrompt: true, extra, guard).Chat.Text;
            var through = Run(nodes, messages.Take(i + 1), addGenerationPrompt: false, extra, guard).Chat.Text;
            return through.StartsWith(before, StringComparison.Ordinal) && whole.StartsWith(through, StringComparison.Ordinal)
                ? new TextSpan(before.Length, through.Length) : null;
        }
        catch (TemperException e) when (e.Code is "template_refused" or "template_failed")
        {
            // A template may refuse a chat that stops early; then its prefixes say nothing.
            return null;
        }
    }

    private (RenderedChat Chat, int Tags) Run(IReadOnlyList<JinjaNode> template, ChatMessages messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? extra, ContentGuard guard)
    {
        var scope = new JinjaScope(null);
        foreach (var (name, value) in variables) scope.Set(name, value);
        scope.Set("tools", null);
        scope.Set("documents", null);
        scope.Set("add_generation_prompt", addGenerationPrompt);
        scope.Set("messages", messages.Marked(guard.Mark));
        foreach (var (name, value) in extra ?? new Dictionary<string, JsonNode?>())
            scope.Set(name, IsContent(name) ? ChatMessages.Marked(JinjaJson.FromJson(value), guard.Mark) : JinjaJson.FromJson(value));
        var run = new JinjaRun(clock);
        new JinjaEvaluator(run).Run(template, new JinjaScope(scope));
        return (guard.Unmark(run.Output, run.Generations), run.Generations.Count + run.UnplacedGenerations);
    }

    private ContentGuard Guard(ChatMessages messages, IReadOnlyDictionary<string, JsonNode?>? extra) =>
        new(guarded, [.. messages.Texts, .. extra?.Where(pair => IsContent(pair.Key)).SelectMany(pair => ChatMessages.TextsOf(JinjaJson.FromJson(pair.Value))) ?? []]);

    /// <summary>Tools and documents are written by those who write messages; other variables are switches of the template.</summary>
    private static bool IsContent(string variable) => variable is "tools" or "documents";

    private sealed class TrainingTime : TimeProvider
    {
        public static readonly TrainingTime Instance = new();

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);
    }
}

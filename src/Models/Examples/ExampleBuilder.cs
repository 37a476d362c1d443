using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Turns canonical records into tokens and loss masks: one encoding of the full text, masks from character offsets; a token
/// is a label when its first character lies in a trained span. Used by ingestion's previews and by the trainer alike.
/// Codes: <c>data_needs_preference_training</c>, <c>data_needs_image_training</c>, <c>template_ignores_tools</c>, <c>no_supervised_tokens</c>, <c>turn_end_not_trained</c>, <c>data_too_long</c>, <c>data_empty_example</c>, <c>template_missing</c>
/// and those of the template.</summary>
public sealed class ExampleBuilder
{
    private readonly Tokenizer tokenizer;
    private readonly ChatTemplate? template;
    private readonly IReadOnlyList<int> stopTokens;
    private readonly ExampleOptions options;

    /// <summary>For one model; its template sees <see cref="ChatTemplate.AtTrainingTime"/>. <paramref name="stopTokens"/> are those that end an answer; the first also ends plain texts and completions.</summary>
    public ExampleBuilder(Tokenizer tokenizer, ChatTemplate? template, IReadOnlyList<int> stopTokens, ExampleOptions options) =>
        (this.tokenizer, this.template, this.stopTokens, this.options) = (tokenizer, template?.AtTrainingTime(), stopTokens, options);

    /// <summary>The example of one record.</summary>
    public ExampleOutcome Build(CanonicalRecord record)
    {
        try
        {
            var draft = record.Kind switch
            {
                RecordKind.Messages => FromMessages(record.Messages ?? [], record.Tools),
                RecordKind.Text => FromText("", record.Text ?? "", supervised: options.TrainOn is TrainOn.Auto or TrainOn.All),
                RecordKind.PromptCompletion => FromText(record.Prompt ?? "", record.Completion ?? "", supervised: true),
                RecordKind.Segments => FromSegments(record.Segments ?? []),
                RecordKind.Labelled => throw new TemperException("data_wrong_format", "Encoding a record: it is a text with a class, not a text to go on with."),
                RecordKind.Image => throw new TemperException("data_needs_image_training", "Encoding a record: it is an image, not a text to learn from."),
                _ => throw new TemperException("data_needs_preference_training", "Encoding a record: it judges answers, and supervised training learns every answer that it sees."),
            };
            return Finish(draft);
        }
        catch (TemperException e)
        {
            return new ExampleOutcome(null, e.Problems[0] with { File = record.Source.File, Line = record.Source.Line }, Fatal: e.Code is not ("template_refused" or "template_failed"));
        }
    }

    private Draft FromMessages(IReadOnlyList<ChatTurn> messages, IReadOnlyList<string>? tools)
    {
        if (template is null) throw new TemperException("template_missing", "Encoding a chat: the model has no chat template.");
        var all = options.TrainOn == TrainOn.All;
        ToolTexts.CheckSource(template, messages, tools);
        var extra = ToolTexts.Variables(tools);
        var chat = all ? template.Render(messages, addGenerationPrompt: false, extra) : template.RenderForTraining(messages, extra);
        ToolTexts.Check(chat, messages, tools);
        var encoding = chat.Encode(tokenizer);
        var draft = new Draft(encoding.Ids, new bool[encoding.Ids.Length]);
        if (all) Array.Fill(draft.Supervised, true);
        var turns = messages.Where(m => m.Role == "assistant").ToArray();
        for (var i = 0; i < chat.AssistantSpans.Count; i++)
            if (turns[i].Weight != 0 && (options.TrainOn != TrainOn.Completion || i == turns.Length - 1)) Supervise(draft, encoding, chat.AssistantSpans[i]);
        return draft;
    }

    /// <summary>Marks a turn's tokens up to its end-of-turn token: what a template writes after it is not the assistant's to learn.</summary>
    private void Supervise(Draft draft, TokenEncoding encoding, TextSpan span)
    {
        var end = -1;
        for (var t = 0; t < encoding.Ids.Length; t++)
        {
            if (encoding.Starts[t] < span.Start || encoding.Starts[t] >= span.End) continue;
            draft.Supervised[t] = true;
            if (stopTokens.Contains(encoding.Ids[t])) end = t;
        }

        if (end < 0)
        {
            draft.MissingTurnEnd = true;
            return;
        }

        for (var t = end + 1; t < encoding.Ids.Length && encoding.Starts[t] < span.End; t++) draft.Supervised[t] = false;
    }

    private Draft FromText(string prompt, string text, bool supervised)
    {
        var whole = prompt + text;
        if (whole.Length == 0) throw new TemperException("data_empty_example", "Encoding a record: it has no text.");
        var encoding = tokenizer.Encode(whole, new EncodeOptions { AddSpecialTokens = true, SpecialAsText = true });
        int[] ids = stopTokens.Count == 0 || stopTokens.Contains(encoding.Ids[^1]) ? encoding.Ids : [.. encoding.Ids, stopTokens[0]];
        var draft = new Draft(ids, new bool[ids.Length]);
        for (var t = 0; t < ids.Length; t++)
            draft.Supervised[t] = options.TrainOn == TrainOn.All || (supervised && (t >= encoding.Ids.Length || encoding.Starts[t] >= prompt.Length));
        return draft;
    }

    /// <summary>The text as it stands: its own spellings of special tokens are those tokens, and none is put in.</summary>
    private Draft FromSegments(IReadOnlyList<TextSegment> segments)
    {
        var whole = string.Concat(segments.Select(segment => segment.Text));
        if (whole.Length == 0) throw new TemperException("data_empty_example", "Encoding a record: it has no text.");
        var encoding = tokenizer.Encode(whole, new EncodeOptions());
        var draft = new Draft(encoding.Ids, new bool[encoding.Ids.Length]);
        var last = segments.ToList().FindLastIndex(segment => segment.Label);
        for (var (i, t, end) = (0, 0, 0); i < segments.Count; i++)
        {
            end += segments[i].Text.Length;
            var learnt = options.TrainOn == TrainOn.All || (segments[i].Label && (options.TrainOn != TrainOn.Completion || i == last));
            for (; t < encoding.Ids.Length && encoding.Starts[t] < end; t++) draft.Supervised[t] = learnt;
        }

        var stops = Enumerable.Range(0, draft.Ids.Length).Any(t => draft.Supervised[t] && stopTokens.Contains(draft.Ids[t]));
        draft.Note = stops || stopTokens.Count == 0 ? null : new Problem("turn_end_not_trained", $"No labelled segment holds one of the stop tokens {StopNames}, so the model does not learn where to end.");
        return draft;
    }

    private string StopNames => string.Join(", ", stopTokens.Select(id => $"'{tokenizer.TokenOf(id)}'"));

    private ExampleOutcome Finish(Draft draft)
    {
        if (draft.Ids.Length == 0) return Refuse("data_empty_example", "Encoding a record: it becomes no tokens.");
        draft.Supervised[0] = false;
        if (draft.MissingTurnEnd)
            return Refuse("turn_end_not_trained", $"Encoding a chat: an assistant turn does not end with one of the stop tokens {StopNames}.", fatal: true);
        if (draft.Ids.Length > options.MaxLength)
        {
            var (length, lost) = (draft.Ids.Length, draft.Supervised.Skip(options.MaxLength).Count(s => s));
            if (options.OnOverlength is OverlengthPolicy.Drop or OverlengthPolicy.Raise || (options.OnOverlength == OverlengthPolicy.ErrorIfAnswerLost && lost > 0))
                return Refuse("data_too_long", $"Encoding a record: it has {length} tokens, max_length is {options.MaxLength}; cutting it would lose {lost} tokens of the answer.", fatal: options.OnOverlength != OverlengthPolicy.Drop);
            draft = new Draft(draft.Ids[..options.MaxLength], draft.Supervised[..options.MaxLength]) { Note = draft.Note };
        }

        return draft.Supervised.Contains(true)
            ? new ExampleOutcome(new Example(draft.Ids, draft.Supervised), draft.Note)
            : Refuse("no_supervised_tokens", "Encoding a record: it has no token to learn from.");
    }

    private static ExampleOutcome Refuse(string code, string message, bool fatal = false) => new(null, new Problem(code, message), fatal);

    private sealed record Draft(int[] Ids, bool[] Supervised)
    {
        public bool MissingTurnEnd { get; set; }

        /// <summary>What is worth knowing of an example that is used all the same.</summary>
        public Problem? Note { get; set; }
    }
}

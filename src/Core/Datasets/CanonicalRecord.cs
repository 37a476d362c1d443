using Temper.Core.Ids;

namespace Temper.Core.Datasets;

/// <summary>Where a record came from.</summary>
/// <param name="File">Path inside the upload.</param>
/// <param name="Line">1 and up.</param>
/// <param name="Offset">Byte offset of the line in the (decompressed) file.</param>
public sealed record RecordSource(string File, long Line, long Offset);

/// <summary>The shape of a canonical record.</summary>
public enum RecordKind
{
    /// <summary>A chat; assistant turns are supervised.</summary>
    Messages,

    /// <summary>Plain text; all of it is supervised.</summary>
    Text,

    /// <summary>A prompt and a completion; the completion is supervised.</summary>
    PromptCompletion,

    /// <summary>A text in segments, used as it stands: no template, no tokens put in; labelled segments are supervised.</summary>
    Segments,

    /// <summary>A prompt with a better and a worse answer.</summary>
    Preference,

    /// <summary>A prompt and a completion, or a chat, with the verdict whether it is a good one.</summary>
    Unpaired,

    /// <summary>An image, with captions where there are some.</summary>
    Image,

    /// <summary>A text and the name of its class.</summary>
    Labelled,
}

/// <summary>
/// One accepted record of a sealed version, independent of any model: one JSON line of <c>records-NNNNN.jsonl</c>, as docs/formats/records.md says.
/// Exactly the members of its kind are set.
/// </summary>
/// <param name="RecId">SHA-256 of the canonical JSON of the content alone (kind and its members, not the source).</param>
/// <param name="Kind">Which members are set.</param>
/// <param name="Source">Where it was read.</param>
public sealed record CanonicalRecord(Digest RecId, RecordKind Kind, RecordSource Source)
{
    /// <summary>For <see cref="RecordKind.Messages"/>; the shared prompt of a <see cref="RecordKind.Preference"/> and the whole chat of a <see cref="RecordKind.Unpaired"/> that are chats.</summary>
    public IReadOnlyList<ChatTurn>? Messages { get; init; }

    /// <summary>
    /// Functions that the assistant may call, each the text of a JSON object without white space between its tokens; null for none, never empty.
    /// Text rather than objects, because the order of the keys is part of what a model reads. Beside <see cref="Messages"/> only.
    /// </summary>
    public IReadOnlyList<string>? Tools { get; init; }

    /// <summary>For <see cref="RecordKind.Labelled"/>: the name of the text's class.</summary>
    public string? Class { get; init; }

    /// <summary>For <see cref="RecordKind.Text"/> and <see cref="RecordKind.Labelled"/>.</summary>
    public string? Text { get; init; }

    /// <summary>For <see cref="RecordKind.PromptCompletion"/>, and for <see cref="RecordKind.Preference"/> and <see cref="RecordKind.Unpaired"/> that are texts.</summary>
    public string? Prompt { get; init; }

    /// <summary>For <see cref="RecordKind.PromptCompletion"/>, and for <see cref="RecordKind.Unpaired"/> that are texts.</summary>
    public string? Completion { get; init; }

    /// <summary>For <see cref="RecordKind.Segments"/>.</summary>
    public IReadOnlyList<TextSegment>? Segments { get; init; }

    /// <summary>For <see cref="RecordKind.Preference"/>: the better answer.</summary>
    public Answer? Chosen { get; init; }

    /// <summary>For <see cref="RecordKind.Preference"/>: the worse answer.</summary>
    public Answer? Rejected { get; init; }

    /// <summary>For <see cref="RecordKind.Unpaired"/>: whether the completion, or the chat's supervised turns, are good.</summary>
    public bool? Label { get; init; }

    /// <summary>For <see cref="RecordKind.Image"/>.</summary>
    public ImageContent? Image { get; init; }

    /// <summary>For <see cref="RecordKind.Image"/>: what the image shows, one text per caption; null for none.</summary>
    public IReadOnlyList<string>? Captions { get; init; }

    /// <summary>Every text that a person wrote or a model answered, in the order in which a reader meets them.</summary>
    public IEnumerable<string> AllTexts() =>
    [
        .. TextsOf(Messages), .. Segments?.Select(segment => segment.Text) ?? [], .. new[] { Text, Prompt, Completion }.OfType<string>(),
        .. TextsOf(Chosen), .. TextsOf(Rejected), .. Captions ?? [],
    ];

    /// <summary>The texts that are learnt from or judged: supervised assistants' turns, completions, labelled segments, both answers of a comparison, captions.</summary>
    public IEnumerable<string> AnswerTexts() =>
    [
        .. TextsOf(Kind == RecordKind.Preference ? null : Messages?.Where(turn => turn is { Role: "assistant", Weight: not 0 })),
        .. Segments?.Where(segment => segment.Label).Select(segment => segment.Text) ?? [], .. new[] { Text, Completion }.OfType<string>(),
        .. TextsOf(Chosen), .. TextsOf(Rejected), .. Captions ?? [],
    ];

    private static IEnumerable<string> TextsOf(Answer? answer) => answer?.Text is { } text ? [text] : TextsOf(answer?.Messages);

    private static IEnumerable<string> TextsOf(IEnumerable<ChatTurn>? turns) =>
        turns?.SelectMany(turn => (IEnumerable<string>)[turn.Content, .. turn.ToolCalls?.SelectMany(call => (string[])[call.Name, call.Arguments]) ?? []]) ?? [];
}

using Temper.Core.Ids;

namespace Temper.Core.Datasets;

/// <summary>One message of a chat.</summary>
/// <param name="Role">system, developer, user, assistant or tool.</param>
/// <param name="Content">Its text.</param>
/// <param name="Weight">0 leaves an assistant's message out of the loss; null counts as 1.</param>
public sealed record ChatTurn(string Role, string Content, int? Weight = null);

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
}

/// <summary>
/// One accepted record of a sealed version, independent of any model: one JSON line of <c>records-NNNNN.jsonl</c>.
/// Exactly the members of its kind are set.
/// </summary>
/// <param name="RecId">SHA-256 of the canonical JSON of the content alone (kind and its members, not the source).</param>
/// <param name="Kind">Which members are set.</param>
/// <param name="Source">Where it was read.</param>
public sealed record CanonicalRecord(Digest RecId, RecordKind Kind, RecordSource Source)
{
    /// <summary>For <see cref="RecordKind.Messages"/>.</summary>
    public IReadOnlyList<ChatTurn>? Messages { get; init; }

    /// <summary>For <see cref="RecordKind.Text"/>.</summary>
    public string? Text { get; init; }

    /// <summary>For <see cref="RecordKind.PromptCompletion"/>.</summary>
    public string? Prompt { get; init; }

    /// <summary>For <see cref="RecordKind.PromptCompletion"/>.</summary>
    public string? Completion { get; init; }
}

using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Which tokens carry loss.</summary>
public enum TrainOn
{
    /// <summary>By the record: assistant turns of chats, completions, whole texts.</summary>
    Auto,

    /// <summary>Assistant turns with their end-of-turn token.</summary>
    Assistant,

    /// <summary>The last assistant turn, or the completion.</summary>
    Completion,

    /// <summary>Every token but the first.</summary>
    All,
}

/// <summary>What happens to an example over the length limit.</summary>
public enum OverlengthPolicy
{
    /// <summary>Cut at the end; refused when that loses supervised tokens.</summary>
    ErrorIfAnswerLost,

    /// <summary>Left out, and said.</summary>
    Drop,

    /// <summary>Cut at the end.</summary>
    Truncate,

    /// <summary>Refused.</summary>
    Raise,
}

/// <summary>How records become examples.</summary>
public sealed record ExampleOptions
{
    /// <summary>Which tokens carry loss. Default: by the record.</summary>
    public TrainOn TrainOn { get; init; }

    /// <summary>Longest example in tokens. Default 1024.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>What happens beyond it.</summary>
    public OverlengthPolicy OnOverlength { get; init; }
}

/// <summary>One training example.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Supervised">Whether the token is a label; false for the first.</param>
public sealed record Example(int[] Tokens, bool[] Supervised)
{
    /// <summary>Number of labels.</summary>
    public int SupervisedCount => Supervised.Count(s => s);
}

/// <summary>An example, or why there is none.</summary>
/// <param name="Example">Null when the record was dropped or refused.</param>
/// <param name="Problem">What is wrong, or what is worth knowing (a cut).</param>
public sealed record ExampleOutcome(Example? Example, Problem? Problem);

/// <summary>Turns canonical records into tokens and loss masks: one encoding of the full text, masks from character offsets.
/// Used by ingestion's previews and by the trainer alike. Codes: <c>no_supervised_tokens</c>, <c>turn_end_not_trained</c>,
/// <c>data_too_long</c>, and those of the template.</summary>
public sealed class ExampleBuilder
{
    /// <summary>For one model. <paramref name="stopTokens"/> are those that end an answer.</summary>
    public ExampleBuilder(Tokenizer tokenizer, ChatTemplate? template, IReadOnlyCollection<int> stopTokens, ExampleOptions options) =>
        throw new NotSupportedException($"{tokenizer} {template} {stopTokens} {options}");

    /// <summary>The example of one record.</summary>
    public ExampleOutcome Build(CanonicalRecord record) => throw new NotSupportedException($"{record}");
}

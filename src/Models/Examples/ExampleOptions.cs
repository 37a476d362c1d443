namespace Temper.Models;

/// <summary>Which tokens carry loss.</summary>
public enum TrainOn
{
    /// <summary>By the record: assistant turns of chats, completions, whole texts.</summary>
    Auto,

    /// <summary>Assistant turns with their end-of-turn token; completions.</summary>
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

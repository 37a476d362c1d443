namespace Temper.Serving;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended its turn, or a stop string appeared.</summary>
    Stop,

    /// <summary>The answer has all the tokens it may have.</summary>
    Length,
}

/// <summary>A part of an answer as it appears.</summary>
/// <param name="Choice">Which of the answers, from 0.</param>
/// <param name="Text">Whole characters, possibly none.</param>
/// <param name="Finish">Set in the last piece of a choice.</param>
public readonly record struct ChatPiece(int Choice, string Text, FinishReason? Finish = null);

/// <summary>Tokens of a request.</summary>
/// <param name="PromptTokens">Read, counted once whatever the number of choices.</param>
/// <param name="CompletionTokens">Generated over all choices, the tokens that end a turn among them.</param>
public readonly record struct TokenUsage(int PromptTokens, int CompletionTokens)
{
    /// <summary>Both.</summary>
    public int TotalTokens => PromptTokens + CompletionTokens;
}

namespace Temper.Models;

/// <summary>Texts as a classifier reads them: with the special tokens of its tokenizer, from the beginning, no longer than it can.</summary>
/// <param name="Tokenizer">Of the model.</param>
/// <param name="Longest">Most tokens.</param>
/// <param name="KeepsEnd">Whether the last token of a text that is cut stays its last one, as the separator of BERT does.</param>
public sealed record TextEncoding(Tokenizer Tokenizer, int Longest, bool KeepsEnd)
{
    /// <summary>Ids of a text; none where it becomes no token.</summary>
    public int[] Encode(string text) => Cut(Tokenizer.Encode(text, addSpecialTokens: true));

    /// <summary>The beginning of what is too long.</summary>
    public int[] Cut(int[] ids) => ids.Length <= Longest ? ids : KeepsEnd ? [.. ids.AsSpan(0, Longest - 1), ids[^1]] : ids[..Longest];
}

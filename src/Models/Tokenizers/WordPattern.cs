namespace Temper.Models;

/// <summary>The known regular expressions that cut text into words before byte-pair merging.</summary>
internal enum WordPattern
{
    /// <summary>No cutting: a piece is one word.</summary>
    None,

    /// <summary>GPT-2's.</summary>
    Gpt2,

    /// <summary>Llama 3's: digits in groups of up to three.</summary>
    Llama3,

    /// <summary>Qwen 2's: digits one by one.</summary>
    Qwen2,
}

/// <summary>Spellings of the known expressions in tokenizer.json.</summary>
internal static class WordPatterns
{
    private const string Tail = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Head = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";

    /// <summary>The pattern with this spelling, or null when it is unknown.</summary>
    public static WordPattern? Find(string regex) => regex switch
    {
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+" => WordPattern.Gpt2,
        Head + @"\p{N}{1,3}" + Tail => WordPattern.Llama3,
        Head + @"\p{N}" + Tail => WordPattern.Qwen2,
        _ => null,
    };
}

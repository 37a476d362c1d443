namespace Temper.Models;

/// <summary>The known regular expressions that cut text into words before byte-pair merging. What they match leaves nothing between.</summary>
internal enum WordPattern
{
    /// <summary>No cutting: a piece is one word.</summary>
    None,

    /// <summary>GPT-2's.</summary>
    Gpt2,

    /// <summary>GPT-2's on what lies between numbers, which are taken out first and digit by digit: StarCoder, SmolLM.</summary>
    Gpt2Digits,

    /// <summary>Llama 3's and cl100k's: digits in groups of up to three.</summary>
    Llama3,

    /// <summary>Qwen 2's: digits one by one.</summary>
    Qwen2,

    /// <summary>o200k's and Llama 4's: a word begins where lower case turns to upper case.</summary>
    O200k,

    /// <summary>Mistral's Tekken: as o200k, with digits one by one and without contractions.</summary>
    Tekken,
}

/// <summary>Spellings of the known expressions in tokenizer.json.</summary>
internal static class WordPatterns
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Tail = @"| ?[^\s\p{L}\p{N}]+[\r\n]*" + Spaces;
    private const string Spaces = @"|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Head = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Before = @"[^\r\n\p{L}\p{N}]?", Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    /// <summary>The regular expressions. Gpt2Digits has none of its own: it is two steps.</summary>
    public static readonly IReadOnlyDictionary<WordPattern, string> Expressions = new Dictionary<WordPattern, string>
    {
        [WordPattern.Gpt2] = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        [WordPattern.Llama3] = Head + @"\p{N}{1,3}" + Tail,
        [WordPattern.Qwen2] = Head + @"\p{N}" + Tail,
        [WordPattern.O200k] = Before + Upper + "*" + Lower + "+" + Contractions + "?|" + Before + Upper + "+" + Lower + "*" + Contractions + @"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + Spaces,
        [WordPattern.Tekken] = Before + Upper + "*" + Lower + "+|" + Before + Upper + "+" + Lower + @"*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + Spaces,
    };

    /// <summary>The pattern with this spelling, or null when it is unknown.</summary>
    public static WordPattern? Find(string regex)
    {
        foreach (var (pattern, expression) in Expressions)
            if (expression == regex) return pattern;
        return null;
    }
}

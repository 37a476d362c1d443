using System.Text;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>The scanners of the known patterns against the engine that runs any pattern.</summary>
public sealed class WordPatternTests
{
    /// <summary>One character of every kind that a pattern tells apart, and the letters of contractions.</summary>
    private static readonly string[] Signs =
    [
        "a", "s", "L", "e", "r", "'", "\u017F", "1", "\u00BD", " ", "\t", "\n", "\r", "\u3000", "\u0085", ".", "/", "\u00E9", "\u00AA", "\u01C5", "\u02B0", "\u0301", "\u20DD",
        "\U00020000", "\U0001D7D8", "\U0001F600", "\U0001D400", "\u200B", "\uFFFD",
    ];

    public static TheoryData<string> Patterns => [.. Enum.GetNames<WordPattern>().Where(name => name != nameof(WordPattern.None))];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Every_text_of_three_characters_is_cut_as_the_expression_says(string pattern)
    {
        var words = Enum.Parse<WordPattern>(pattern);
        var referee = Referee(words);
        foreach (var a in Signs)
            foreach (var b in Signs)
                foreach (var c in Signs) Compare(words, referee, a + b + c);
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Random_texts_are_cut_as_the_expression_says(string pattern)
    {
        var words = Enum.Parse<WordPattern>(pattern);
        var referee = Referee(words);
        Fuzzing.Run(pattern, 10_000, key => Compare(words, referee, RandomText(key)));
        foreach (var text in GeneratedTexts.All(2000)) Compare(words, referee, CodePoints.WellFormed(text));
    }

    [Fact]
    public void Every_code_point_has_the_kinds_of_its_category()
    {
        var sets = new (CharacterKind Kind, CodePointSet Set)[]
        {
            (CharacterKind.Letter, CodePointSet.Category("L")!), (CharacterKind.Number, CodePointSet.Category("N")!), (CharacterKind.Space, CodePointSet.Space),
            (CharacterKind.Upper, Joined("Lu", "Lt", "Lm", "Lo", "M")), (CharacterKind.Lower, Joined("Ll", "Lm", "Lo", "M")),
        };
        Span<char> units = stackalloc char[2];
        for (var codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
        {
            if (!Rune.IsValid(codePoint)) continue;
            var text = units[..new Rune(codePoint).EncodeToUtf16(units)];
            var kind = CharacterKinds.At(text, 0, out var length);
            Assert.Equal(text.Length, length);
            foreach (var (flag, set) in sets)
                if ((kind & flag) != 0 != set.Contains(codePoint)) Assert.Fail($"U+{codePoint:X4} is {kind}");
        }
    }

    [Theory]
    [InlineData("gpt2", WordPattern.Gpt2)]
    [InlineData("llama3", WordPattern.Llama3)]
    [InlineData("qwen2", WordPattern.Qwen2)]
    [InlineData("o200k", WordPattern.O200k)]
    [InlineData("starcoder", WordPattern.Gpt2Digits)]
    [InlineData("deepseek", null)]
    [InlineData("roberta", null)]
    [InlineData("llama2", WordPattern.None)]
    public void Files_that_use_a_known_pattern_are_recognised(string kind, object? pattern) => Assert.Equal((WordPattern?)pattern, TokenizerJson.Parse(RefereeTokenizers.Json(kind), kind) is var parts && parts.PreTokenizer is { } steps ? steps.Words : WordPattern.None);

    internal static string RandomText(RandomKey key)
    {
        var text = new StringBuilder();
        for (var part = Philox.Below(key, 0, 40); part > 0; part--)
        {
            var sign = Signs[Philox.Below(key, part * 3, Signs.Length)];
            for (var times = Philox.Below(key, part * 3 + 1, 4) == 0 ? Philox.Below(key, part * 3 + 2, 24) : 1; times > 0; times--) text.Append(sign);
        }

        return text.ToString();
    }

    private static void Compare(WordPattern words, PreTokenizer referee, string text)
    {
        var segments = new List<Segment>();
        referee.Cut(new AlignedText(text).Whole, segments);
        var at = 0;
        foreach (var segment in segments)
        {
            if (segment.Start != at || segment.End != (at = WordScanner.NextEnd(words, text, at))) Assert.Fail($"{words}: {Shown(text)} from {segment.Start} to {segment.End}, not {at}");
        }

        Assert.Equal(text.Length, at);
    }

    private static PreTokenizer Referee(WordPattern words)
    {
        if (words != WordPattern.Gpt2Digits) return Split(WordPatterns.Expressions[words]);
        return new PreTokenizerSequence([new SplitPreTokenizer(CharacterPattern.Numbers, SplitBehavior.Isolated), Split(WordPatterns.Expressions[WordPattern.Gpt2])]);
    }

    private static SplitPreTokenizer Split(string expression) => new(new RegexPattern(PatternProgram.Compile(expression)), SplitBehavior.Isolated);

    private static CodePointSet Joined(params string[] categories)
    {
        var set = new CodePointSet();
        foreach (var category in categories) set.Add(CodePointSet.Category(category)!);
        return set;
    }

    private static string Shown(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}

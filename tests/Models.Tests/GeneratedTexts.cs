using System.Text;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Texts from a counter: words, digits, line ends, astral letters, joined emoji, combining marks, controls, lone surrogates.</summary>
internal static class GeneratedTexts
{
    private static readonly string[] Parts =
    [
        "the", " box", "Haverstrand", " don't", "'S", " ", "   ", "\n", "\r\n", "\t", "\u00A0", "\u0085", "\u3000", "\uFEFF", "12", "1234567", "½", "Ⅳ", "...", "<|im_end|>", "<|im_", "end|>",
        "é", "e\u0301", "ß", "ſ", "你好", "\U00020000", "\U0001D7D8", "\U0001F600", "\U0001F469\u200D\U0001F469\u200D\U0001F467", "\u0000", "\u0007", "\uFFFD", "\uD83D", "\uDE00", "\u0939\u093F\u0928", "a", "zz",
    ];

    public static IEnumerable<string> All(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var key = new RandomKey(77, 0, (uint)i);
            var text = new StringBuilder();
            for (var part = Philox.Below(key, 0, 14); part > 0; part--) text.Append(Parts[Philox.Below(key, part, Parts.Length)]);
            yield return text.ToString();
        }
    }
}

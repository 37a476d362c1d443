using System.Text;
using Temper.Tensors;

namespace Temper.Models.Tests;

public sealed class NormalizationTests
{
    /// <summary>Marks, letters that take them up, Hangul in parts, what decomposes for good, and what is stable.</summary>
    private static readonly string[] Signs =
    [
        "a", "e", "A", " ", "\u00E9", "\u0301", "\u0323", "\u0308", "\u0344", "\u1E9B", "\u212B", "\u0958", "\u1100", "\u1161", "\u11A8", "\uAC00", "\uAC01", "\u30AB", "\u3099",
        "\uFB01", "\uFDFA", "\u2126", "\u0F73", "\uD834\uDD5E", "\uD804\uDC99", "\uD804\uDCBA", "\u4F60", "\uF900", "\u00BD", "\uFF21", "\uD87E\uDC00", "\u0B47", "\u0B3E", "\u093C",
    ];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void What_is_stable_is_left_out_and_nothing_changes_by_that(bool compatibility, bool compose)
    {
        var normalizer = new FormNormalizer(compatibility, compose);
        Fuzzing.Run($"{compatibility} {compose}", 20_000, key =>
        {
            var text = string.Concat(Enumerable.Range(0, (int)Philox.Below(key, 0, 12)).Select(i => Signs[Philox.Below(key, i + 1, Signs.Length)]));
            var (whole, found) = (Whole(text, compatibility, compose), normalizer.Apply(new AlignedText(text).Whole));
            Assert.Equal(whole.Span.ToString(), found.Span.ToString());
            for (var (at, length) = (0, 0); at < whole.Length; at += length)
            {
                length = CodePoints.LengthAt(whole.Span, at);
                Assert.Equal(whole.Original(at, at + length), found.Original(at, at + length));
            }
        });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_stable_code_point_stays_as_it_is_behind_every_other_sign(bool compatibility, bool compose)
    {
        var stable = StableCodePoints.Of(compatibility, compose);
        for (var codePoint = 0; codePoint < 0x20000; codePoint++)
        {
            if (!Rune.IsValid(codePoint)) continue;
            var text = char.ConvertFromUtf32(codePoint);
            if (stable.NextUnstable(text, 0) < text.Length) continue;
            foreach (var sign in (string[])["", "e", "\u1100", "\uAC00", "\u0B47"])
                if (!Whole(sign + text, compatibility, compose).Span.SequenceEqual(Whole(sign, compatibility, compose).Span.ToString() + text)) Assert.Fail($"U+{codePoint:X4}");
        }
    }

    private static Segment Whole(string text, bool compatibility, bool compose)
    {
        var output = new TextTransform(new AlignedText(text).Whole);
        foreach (var (codePoint, change) in FormNormalizer.Changes(text, compatibility, compose)) output.Apply(codePoint, change);
        return output.Finish();
    }
}

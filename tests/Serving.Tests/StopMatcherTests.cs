namespace Temper.Serving.Tests;

public sealed class StopMatcherTests
{
    private const string Answer = "First line.\nSecond – line 😀 and\n\nEND of it";

    [Theory]
    [InlineData("\n\nEND")]
    [InlineData("😀")]
    [InlineData("First")]
    [InlineData("it")]
    [InlineData("–")]
    public void A_stop_string_ends_the_text_before_it_wherever_the_pieces_are_cut(string stop)
    {
        var expected = Answer[..Answer.IndexOf(stop, StringComparison.Ordinal)];
        foreach (var pieces in Splits())
        {
            var (text, stopped) = Run([stop], pieces);
            Assert.True(stopped);
            Assert.Equal(expected, text);
        }
    }

    [Fact]
    public void Without_a_stop_string_all_text_comes_out_even_when_it_ends_like_one()
    {
        foreach (var pieces in Splits())
            Assert.Equal((Answer, false), Run(["it is", "\n\n\n", "😀😀"], pieces));
    }

    [Fact]
    public void Of_several_the_first_in_the_text_counts() => Assert.Equal(("one ", true), Run(["three", "two"], ["one two three"]));

    [Fact]
    public void Only_what_may_become_a_stop_string_is_held_back()
    {
        var matcher = new StopMatcher(["###"]);
        Assert.Equal("a", matcher.Push("a#"));
        Assert.Equal("#b", matcher.Push("b"));
        Assert.Equal("", matcher.Push("##"));
        Assert.Equal("##", matcher.Finish());
        Assert.Equal("", matcher.Finish());
    }

    [Fact]
    public void A_stop_string_that_begins_again_inside_itself_is_found() => Assert.Equal(("xab", true), Run(["abac"], ["xaba", "bac", "rest"]));

    [Fact]
    public void No_piece_splits_a_character()
    {
        foreach (var pieces in Splits())
        {
            var matcher = new StopMatcher(["😀!", "–!"]);
            foreach (var piece in pieces)
                Assert.DoesNotContain(matcher.Push(piece).EnumerateRunes(), rune => rune.Value == 0xFFFD);
        }
    }

    /// <summary>The answer in one piece, in two pieces cut at every character, and character by character.</summary>
    private static IEnumerable<string[]> Splits()
    {
        var runes = Answer.EnumerateRunes().Select(rune => rune.ToString()).ToArray();
        yield return [Answer];
        yield return runes;
        for (var cut = 1; cut < runes.Length; cut++)
            yield return [string.Concat(runes[..cut]), string.Concat(runes[cut..])];
    }

    private static (string Text, bool Stopped) Run(string[] stops, string[] pieces)
    {
        var matcher = new StopMatcher(stops);
        var text = string.Concat(pieces.Select(matcher.Push)) + matcher.Finish();
        return (text, matcher.Stopped);
    }
}

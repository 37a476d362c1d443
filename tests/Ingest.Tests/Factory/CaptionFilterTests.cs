using System.Diagnostics;

namespace Temper.Ingest.Tests;

/// <summary>Expressions of users in caption_filter_list.</summary>
public sealed class CaptionFilterTests
{
    [Theory]
    [InlineData("blurry", "a blurry photo", "a  photo")]
    [InlineData("s/photo/picture/", "a photo", "a picture")]
    [InlineData("s/(.)x/$1/", "ax", "$1")]
    [InlineData("s/a\\/b/c\\/d/", "a/b", "c/d")]
    [InlineData("^an? ", "an image", "image")]
    public void Terms_are_taken_out_and_replaced(string rule, string caption, string expected) => Assert.Equal(expected, Of(rule).Apply(caption));

    [Theory]
    [InlineData("(a)\\1")]
    [InlineData("(?=a)b")]
    [InlineData("(?<!a)b")]
    [InlineData("(?>a+)b")]
    [InlineData("(unclosed")]
    [InlineData("s/only/half")]
    [InlineData("s//nothing/")]
    [InlineData("")]
    public void What_cannot_be_matched_in_linear_time_is_refused_by_its_place(string rule)
    {
        var wrong = new List<(int, string)>();
        Assert.Equal(1, CaptionFilter.Of(["fine", rule], (i, reason) => wrong.Add((i, reason))).Count);
        Assert.Equal(1, Assert.Single(wrong).Item1);
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|aa)+$")]
    [InlineData("(.*a){20}$")]
    public void An_expression_made_to_take_for_ever_does_not(string rule)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            Of(rule).Apply(new string('a', 20_000) + "!");
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            // The limit is the second defence.
        }
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Ten_thousand_rules_and_a_rule_of_a_megabyte_are_refused()
    {
        var wrong = new List<int>();
        CaptionFilter.Of([.. Enumerable.Repeat("a", 10_000)], (i, _) => wrong.Add(i));
        CaptionFilter.Of([new string('a', 1 << 20)], (i, _) => wrong.Add(i));
        Assert.Equal([CaptionFilter.MostRules, 0], wrong);
    }

    [Fact]
    public void A_caption_of_which_nothing_is_left_sets_its_image_aside()
    {
        var captions = new ImageCaptions(new() { Strategy = CaptionStrategy.Filename, Filter = ["blurry", "s/cat/dog/"] });
        Assert.Equal(["a  dog"], captions.Of(Image("a_blurry_cat.png"), null, Core.Ids.Digest.OfText("x")).Captions);
        Assert.Equal("IMG_NO_CAPTION", captions.Of(Image("blurry.png"), null, Core.Ids.Digest.OfText("x")).Fault!.Code);
    }

    private static SourceFile Image(string path) => new(path, new(path, "uploads/a/b/" + path, 1, Core.Ids.Digest.OfText(path)));

    private static CaptionFilter Of(string rule) => CaptionFilter.Of([rule], (_, reason) => Assert.Fail(reason));
}

using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;

namespace Temper.Core.Tests.References;

public sealed class ReferenceTests
{
    private static readonly Digest Commit = Digest.OfText("x");

    [Theory]
    [InlineData("support-bot", "support-bot@latest")]
    [InlineData("support-bot:3", "support-bot:3")]
    [InlineData("support-bot@prod", "support-bot@prod")]
    [InlineData("registry://support-bot:3", "support-bot:3")]
    [InlineData("job:job-00000000000000000000000000/step-12", "job:job-00000000000000000000000000/step-12")]
    public void Every_form_is_read_and_printed_back(string text, string printed)
    {
        Assert.Equal(printed, Reference.Parse(text).ToString());
        Assert.Equal(Reference.Parse(text), Reference.Parse(printed));
    }

    [Fact]
    public void A_commit_is_named_behind_a_hash() =>
        Assert.Equal(new Reference.ByCommit(ResourceName.Parse("m"), Commit), Reference.Parse($"m#{Commit}"));

    [Theory]
    [InlineData("./model")]
    [InlineData("../model")]
    [InlineData("/models/base")]
    [InlineData("~/models/base")]
    [InlineData("models/base")]
    [InlineData(".")]
    public void What_has_a_separator_is_a_folder(string text) => Assert.Equal(new Reference.Folder(text), Reference.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("Support")]
    [InlineData("a:0")]
    [InlineData("a:-1")]
    [InlineData("a:01x")]
    [InlineData("a:")]
    [InlineData("a@")]
    [InlineData("a@v3")]
    [InlineData("a@b c")]
    [InlineData("a#abc")]
    [InlineData("a:1@b")]
    [InlineData("job:x/step-1")]
    [InlineData("job:ing-00000000000000000000000000/step-")]
    [InlineData("registry://./a")]
    [InlineData("latest")]
    public void Anything_else_is_refused_with_the_forms(string text)
    {
        var error = Assert.Throws<TemperException>(() => Reference.Parse(text));
        Assert.Equal("reference_invalid", error.Code);
        Assert.Contains("name:VERSION", error.Problems[0].Hint, StringComparison.Ordinal);
    }
}

namespace Temper.Hosts.Tests.Versioning;

/// <summary>Sequences that once ended otherwise than git's, each as short as it could be made.</summary>
[Collection("versioning")]
public sealed class GitFoundTests
{
    [Theory]
    [InlineData("x/*")]
    [InlineData("x/.git*")]
    [InlineData("x")]
    [InlineData("x/a")]
    [InlineData("s/*")]
    public void Adding_what_stands_in_an_ignored_folder_tells_so_even_where_it_is_tracked(string path) => Same(
        PairStep.File("write", "x/a", "1\n"), PairStep.File("write", "s/x/b", "1\n"), PairStep.Command("add", "-A"),
        PairStep.File("write", ".temperignore", "x\n"), PairStep.File("write", "x/a", "2\n"), PairStep.Command("add", path.Replace(".git*", "a*", StringComparison.Ordinal)));

    [Fact]
    public void Checking_out_the_commit_that_is_checked_out_already_does_not_change_where_minus_leads() => Same(
        PairStep.File("write", "a", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "one"), PairStep.Command("checkout", "-q", "--detach", "HEAD"),
        PairStep.Command("checkout", "-q", "--detach", "HEAD"), PairStep.Command("checkout", "-q", "-"));

    private static void Same(params PairStep[] steps) =>
        Assert.True(GitSequenceTests.Fails(steps) is not { } failed, GitSequenceTests.Fails(steps)?.Difference);
}

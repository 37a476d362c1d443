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

    [Fact]
    public void A_branch_without_commits_is_nowhere_that_minus_leads_back_to() => Same(
        PairStep.Command("switch", "-q", "-c", "two"), PairStep.File("write", "a", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "one"), PairStep.Command("checkout", "-q", "-"),
        PairStep.Command("checkout", "-q", "-b", "three"), PairStep.Command("checkout", "-q", "-"));

    [Fact]
    public void What_is_untracked_in_an_ignored_folder_is_not_shown_though_other_files_of_it_are_tracked() => Same(
        PairStep.File("write", "x/a", "1\n"), PairStep.File("write", "x/y/c", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "one"),
        PairStep.File("write", "x/b.log", "2\n"), PairStep.File("write", "x/y/d.txt", "2\n"), PairStep.File("write", "x/.temperignore", "!*\n"), PairStep.File("write", ".temperignore", "x\n"),
        PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-a", "-m", "two"), PairStep.File("write", ".temperignore", "x/y\n?\n"), PairStep.Command("add", "."));

    [Fact]
    public void Paths_are_reset_to_HEAD_before_the_first_commit() => Same(
        PairStep.File("write", "a", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("reset", "-q", "HEAD", "--", "a"), PairStep.Command("add", "-A"),
        PairStep.Command("reset", "-q", "HEAD"), PairStep.Command("reset", "-q", "--", "a"), PairStep.Command("add", "a"), PairStep.Command("reset", "-q", "HEAD", "--"));

    [Fact]
    public void Named_paths_are_committed_alone_and_what_else_is_in_the_index_stays() => Same(
        PairStep.File("write", "a", "1\n"), PairStep.File("write", "x/b", "1\n"), PairStep.File("write", "x/c", "1\n"), PairStep.File("write", "d", "1\n"),
        PairStep.Command("add", "a", "x"), PairStep.Command("commit", "-q", "-m", "first alone", "a"), PairStep.Command("commit", "-q", "-m", "not tracked", "d"),
        PairStep.Command("commit", "-q", "-m", "the rest"), PairStep.File("write", "a", "2\n"), PairStep.File("write", "x/b", "2\n"), PairStep.Command("add", "a"),
        PairStep.File("write", "a", "3\n"), PairStep.Command("commit", "-q", "-m", "a folder", "x"), PairStep.Command("commit", "-q", "-m", "nothing", "x"),
        PairStep.File("delete", "x/c"), PairStep.Command("commit", "-q", "-m", "removed", "x/c"), PairStep.Command("rm", "-q", "--cached", "x/b"),
        PairStep.Command("commit", "-q", "-m", "is there again", "x/b"), PairStep.Command("commit", "-q", "-m", "pattern", "--", "*b", "a"),
        PairStep.Command("commit", "-q", "-a", "-m", "both", "a"), PairStep.Command("commit", "-q", "-m", "unknown", "zzz"),
        PairStep.File("write", "e", "1\n"), PairStep.Command("add", "e"), PairStep.Command("commit", "-q", "--amend", "-m", "amended", "a"));

    [Fact]
    public void An_unfinished_merge_is_said_before_a_name_that_means_nothing() => Same(
        PairStep.File("write", "a", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "first"), PairStep.Command("checkout", "-q", "-b", "one"),
        PairStep.File("write", "a", "2\n"), PairStep.Command("commit", "-q", "-a", "-m", "two"), PairStep.Command("checkout", "-q", "main"),
        PairStep.File("write", "a", "3\n"), PairStep.Command("commit", "-q", "-a", "-m", "three"), PairStep.Command("merge", "-q", "-m", "merged", "one"),
        PairStep.Command("merge", "-q", "--ff-only", "five"), PairStep.Command("merge", "--abort"), PairStep.Command("merge", "-q", "five"));

    [Fact]
    public void A_squash_leaves_the_message_that_git_leaves()
    {
        using var pair = new GitPair();
        PairStep[] steps = [PairStep.File("write", "a", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "first"), PairStep.Command("checkout", "-q", "-b", "one"),
            PairStep.File("write", "b", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "b\n\nwith more\nto say"),
            PairStep.File("write", "c", "1\n"), PairStep.Command("add", "-A"), PairStep.Command("commit", "-q", "-m", "c"), PairStep.Command("checkout", "-q", "main"), PairStep.Command("merge", "-q", "--squash", "one")];
        foreach (var step in steps)
            Assert.Equal("", pair.Do(step));
        static string Message(string path) => System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(path), "^commit .*$", "commit", System.Text.RegularExpressions.RegexOptions.Multiline);
        Assert.Equal(Message(Path.Combine(pair.GitPath, ".git", "SQUASH_MSG")), Message(Path.Combine(pair.OurPath, ".temper", "SQUASH_MSG")));
        Assert.Equal("", pair.Do(PairStep.Command("commit", "-q", "--no-edit")));
        Assert.False(File.Exists(Path.Combine(pair.OurPath, ".temper", "SQUASH_MSG")));
    }

    private static void Same(params PairStep[] steps) =>
        Assert.True(GitSequenceTests.Fails(steps) is not { } failed, GitSequenceTests.Fails(steps)?.Difference);
}

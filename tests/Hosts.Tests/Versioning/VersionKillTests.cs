using Temper.Testing;
using static Temper.Hosts.Tests.Versioning.KilledVerb;

namespace Temper.Hosts.Tests.Versioning;

/// <summary><c>kill -9</c> at the durable steps of verbs that write: what is there is sound, and the same verb ends where it would have ended.</summary>
[Collection("versioning")]
public sealed class VersionKillTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("add -A", "vcs.files_stored")]
    [InlineData("add -A", "vcs.index_written")]
    [InlineData("commit -q -m more", "vcs.commit_stored")]
    [InlineData("commit -q -m more", "vcs.refs_moved")]
    [InlineData("commit -q -m more", "vcs.refs_logged")]
    [InlineData("commit -q -m more", "vcs.committed")]
    [InlineData("checkout -q other", "vcs.files_removed")]
    [InlineData("checkout -q other", "vcs.file_written")]
    [InlineData("checkout -q other", "vcs.file_written:2")]
    [InlineData("checkout -q other", "vcs.file_written:3")]
    [InlineData("checkout -q other", "vcs.index_written")]
    [InlineData("checkout -q other", "vcs.head_written")]
    [InlineData("reset -q --hard other", "vcs.files_removed")]
    [InlineData("reset -q --hard other", "vcs.file_written:2")]
    [InlineData("reset -q --hard other", "vcs.index_written")]
    [InlineData("reset -q --hard other", "vcs.refs_moved")]
    [InlineData("branch fresh", "vcs.refs_moved")]
    [InlineData("branch fresh", "vcs.refs_logged")]
    [InlineData("merge -q -m merged other", "vcs.merge_stored")]
    [InlineData("merge -q -m merged other", "vcs.files_removed")]
    [InlineData("merge -q -m merged other", "vcs.file_written")]
    [InlineData("merge -q -m merged other", "vcs.file_written:3")]
    [InlineData("merge -q -m merged other", "vcs.index_written")]
    [InlineData("merge -q -m merged other", "vcs.refs_moved")]
    [InlineData("merge -q -m merged other", "vcs.refs_logged")]
    [InlineData("merge -q -m merged other", "vcs.merged")]
    [InlineData("merge -q clash", "vcs.merge_stored")]
    [InlineData("merge -q clash", "vcs.file_written")]
    [InlineData("merge -q clash", "vcs.index_written")]
    [InlineData("merge -q clash", "vcs.conflicts_written")]
    public async Task Killed_at_a_durable_step_the_same_verb_ends_where_it_would_have(string verb, string step)
    {
        var words = verb.Split(' ');
        var expected = await StateAfterAsync("whole", words, null);
        var actual = await StateAfterAsync("killed", words, step);
        Assert.Equal(expected, actual);
    }

    private async Task<string> StateAfterAsync(string name, string[] words, string? step)
    {
        var folder = _folder.Of(name);
        await PrepareAsync(folder, words[0]);
        if (step is not null)
        {
            var killed = await TemperProcess.RunAsync([words[0], "--at", folder, .. words.Skip(1)], [.. Someone, ("TEMPER_CRASH_AT", step)]);
            Assert.True(killed.Exit is not (0 or 1 or 128), $"nobody died at {step}: {killed.Errors}");
            Assert.Equal(0, (await RunAsync(folder, "status", "--porcelain")).Exit);
            await AssertSoundAsync(folder);
        }
        var (exit, _, errors) = await RunAsync(folder, words);
        // What was done already when the process died is not done again: a commit of nothing, a branch that is there.
        Assert.True(exit == (words[^1] == "clash" ? 1 : 0) || (step is "vcs.refs_moved" or "vcs.refs_logged" or "vcs.committed" && exit is 1 or 128), errors);
        return await StateAsync(folder);
    }
}

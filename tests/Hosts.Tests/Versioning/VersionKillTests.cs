using System.CommandLine;
using Temper.Cli;
using Temper.Testing;

namespace Temper.Hosts.Tests.Versioning;

/// <summary><c>kill -9</c> at the durable steps of verbs that write: what is there is sound, and the same verb ends where it would have ended.</summary>
[Collection("versioning")]
public sealed class VersionKillTests : IDisposable
{
    private static readonly (string, string)[] Someone =
    [
        ("TEMPER_AUTHOR_NAME", "A"), ("TEMPER_AUTHOR_EMAIL", "a@x"), ("TEMPER_AUTHOR_DATE", "@1700000000 +0000"),
        ("TEMPER_COMMITTER_NAME", "A"), ("TEMPER_COMMITTER_EMAIL", "a@x"), ("TEMPER_COMMITTER_DATE", "@1700000000 +0000"),
    ];

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
        }
        var (exit, _, errors) = await RunAsync(folder, words);
        // What was done already when the process died is not done again: a commit of nothing, a branch that is there.
        Assert.True(exit == 0 || (step is "vcs.refs_moved" or "vcs.refs_logged" or "vcs.committed" && exit is 1 or 128), errors);
        return await StateAsync(folder);
    }

    private static async Task PrepareAsync(string folder, string verb)
    {
        await RunAsync(folder, "init", "-q", folder);
        Write(folder, "a", "one\n");
        Write(folder, "x/b", "one\n");
        Write(folder, "c", "one\n");
        await RunAsync(folder, "add", "-A");
        await RunAsync(folder, "commit", "-q", "-m", "first");
        await RunAsync(folder, "checkout", "-q", "-b", "other");
        Directory.Delete(Path.Combine(folder, "x"), true);
        foreach (var path in (string[])["a", "d/e", "d/f"])
            Write(folder, path, "two\n");
        await RunAsync(folder, "add", "-A");
        await RunAsync(folder, "commit", "-q", "-m", "second");
        Assert.Equal(0, (await RunAsync(folder, "checkout", "-q", "main")).Exit);
        if (verb is not ("add" or "commit"))
            return;
        Write(folder, "a", "three\n");
        Write(folder, "g/h", "three\n");
        File.Delete(Path.Combine(folder, "c"));
        if (verb == "commit")
            await RunAsync(folder, "add", "-A");
    }

    private static async Task<string> StateAsync(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Where(f => !f.StartsWith(".temper", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(f => $"{f}: {File.ReadAllText(Path.Combine(folder, f))}");
        return string.Concat(files) + (await RunAsync(folder, "status", "--porcelain")).Output + (await RunAsync(folder, "ls-files", "-s")).Output
            + (await RunAsync(folder, "branch", "--format", "%(HEAD) %(refname) %(objectname)")).Output
            + (Directory.EnumerateFiles(Path.Combine(folder, ".temper", "objects", "tmp")).Any() && File.Exists(Path.Combine(folder, ".temper", "SWITCHING")) ? "unfinished" : "");
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(string folder, params string[] words)
    {
        foreach (var (name, value) in Someone)
            Environment.SetEnvironmentVariable(name, value);
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] all = words[0] == "init" ? words : [words[0], "--at", folder, .. words.Skip(1)];
        var exit = await CommandLine.Build(all).Parse(all).InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (exit, output.ToString(), error.ToString());
    }

    private static void Write(string folder, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
        File.WriteAllText(Path.Combine(folder, path), text);
    }
}

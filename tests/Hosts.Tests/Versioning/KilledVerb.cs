using System.CommandLine;
using Temper.Cli;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>A repository before a verb that will be killed, and all that can be seen of it afterwards.</summary>
internal static class KilledVerb
{
    public static readonly (string, string)[] Someone =
    [
        ("TEMPER_AUTHOR_NAME", "A"), ("TEMPER_AUTHOR_EMAIL", "a@x"), ("TEMPER_AUTHOR_DATE", "@1700000000 +0000"),
        ("TEMPER_COMMITTER_NAME", "A"), ("TEMPER_COMMITTER_EMAIL", "a@x"), ("TEMPER_COMMITTER_DATE", "@1700000000 +0000"),
    ];

    /// <summary>Where the other side of a fetch or push lies.</summary>
    public static string Other(string folder) => folder + "-other";

    public static async Task PrepareAsync(string folder, string verb)
    {
        await MakeAsync(folder);
        if (verb == "fetch")
        {
            await PrepareAsync(Other(folder), "commit");
            await RunAsync(Other(folder), "commit", "-q", "-m", "theirs");
            await RunAsync(folder, "remote", "add", "origin", Other(folder));
        }
        if (verb == "push")
        {
            await RunAsync(Other(folder), "init", "-q", "--bare", Other(folder));
            await RunAsync(folder, "remote", "add", "origin", Other(folder));
        }
        if (verb == "merge")
        {
            await RunAsync(folder, "checkout", "-q", "-b", "clash");
            await CommitAsync(folder, "c", "theirs\n");
            await RunAsync(folder, "checkout", "-q", "main");
            await CommitAsync(folder, "c", "ours\n");
        }
        if (verb is not ("add" or "commit"))
            return;
        Write(folder, "a", "three\n");
        Write(folder, "g/h", "three\n");
        File.Delete(Path.Combine(folder, "c"));
        if (verb == "commit")
            await RunAsync(folder, "add", "-A");
    }

    /// <summary>Files, status, index, references, and what is unfinished.</summary>
    public static async Task<string> StateAsync(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Where(f => !f.StartsWith(".temper", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(f => $"{f}: {File.ReadAllText(Path.Combine(folder, f))}");
        var merging = Path.Combine(folder, ".temper", "MERGE_HEAD");
        return string.Concat(files) + (await RunAsync(folder, "status", "--porcelain")).Output + (await RunAsync(folder, "ls-files", "-s")).Output
            + (await RunAsync(folder, "branch", "-a", "--format", "%(HEAD) %(refname) %(objectname)")).Output
            + (File.Exists(merging) ? await File.ReadAllTextAsync(merging) : "")
            + (Directory.Exists(Path.Combine(Other(folder), "objects")) ? (await RunAsync(Other(folder), "branch", "--format", "%(refname) %(objectname)")).Output : "")
            + (Directory.EnumerateFiles(Path.Combine(folder, ".temper", "objects", "tmp")).Any() && File.Exists(Path.Combine(folder, ".temper", "SWITCHING")) ? "unfinished" : "");
    }

    public static async Task AssertSoundAsync(string folder)
    {
        foreach (var one in Directory.Exists(Other(folder)) ? [folder, Other(folder)] : (string[])[folder])
        {
            var (exit, output, errors) = await RunAsync(one, "fsck", "--full");
            Assert.True(exit == 0, output + errors);
        }
    }

    public static async Task<(int Exit, string Output, string Errors)> RunAsync(string folder, params string[] words)
    {
        foreach (var (name, value) in Someone)
            Environment.SetEnvironmentVariable(name, value);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var verb = words[0] == "remote" ? 2 : 1;
        string[] all = words[0] == "init" ? words : [.. words[..verb], "--at", folder, .. words[verb..]];
        var exit = await CommandLine.Build(all).Parse(all).InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (exit, output.ToString(), error.ToString());
    }

    private static async Task MakeAsync(string folder)
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
    }

    private static async Task CommitAsync(string folder, string path, string text)
    {
        Write(folder, path, text);
        Assert.Equal(0, (await RunAsync(folder, "commit", "-q", "-a", "-m", text.Trim())).Exit);
    }

    private static void Write(string folder, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
        File.WriteAllText(Path.Combine(folder, path), text);
    }
}

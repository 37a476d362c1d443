using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Temper.Cli;
using Temper.Testing;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>
/// A repository of git and one of ours, given the same steps. After each the exit codes, what git would say of the state, and all files are compared.
/// Ids are matched: the first time two stand in the same place they belong together, and must do so ever after.
/// </summary>
internal sealed class GitPair : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _ids = [], _back = [];
    private int _step;

    public GitPair()
    {
        foreach (var name in (string[])["git", "ours"])
            Directory.CreateDirectory(_folder.Of(name));
        Environment.SetEnvironmentVariable("TEMPER_CONFIG_GLOBAL", _folder.Of("none"));
        foreach (var role in (string[])["AUTHOR", "COMMITTER"])
        {
            Environment.SetEnvironmentVariable($"TEMPER_{role}_NAME", "A");
            Environment.SetEnvironmentVariable($"TEMPER_{role}_EMAIL", "a@x");
        }
        SetDate();
        _ = Git("init", "-q", "-b", "main");
        _ = Ours("init", "-q", "-b", "main");
    }

    public string GitPath => _folder.Of("git");

    public string OurPath => _folder.Of("ours");

    /// <summary>Does a step on both sides; what differs then, empty when nothing does.</summary>
    public string Do(PairStep step)
    {
        _step++;
        SetDate();
        if (!step.IsCommand)
        {
            Touch(GitPath, ".gitignore", step.Words);
            Touch(OurPath, ".temperignore", step.Words);
            return Same("status", Git("status", "--porcelain").Output.Replace(".gitignore", ".temperignore", StringComparison.Ordinal), Ours("status", "--porcelain").Output);
        }
        var git = Git([.. step.Words.Select(w => w.Replace(".temperignore", ".gitignore", StringComparison.Ordinal))]);
        var ours = Ours(step.Words);
        if (git.Exit != ours.Exit && (git.Exit, ours.Exit) != (129, 2))
            return $"exit: git {git.Exit}, ours {ours.Exit}\ngit says: {git.Output}{git.Error}\nours says: {ours.Output}{ours.Error}";
        return State(references: step.Words[0] is not ("add" or "rm" or "restore"));
    }

    /// <summary>What differs between the two repositories now.</summary>
    /// <param name="references">Whether references and history are looked at, too.</param>
    public string State(bool references = true)
    {
        var text = Same("status", Git("status", "--porcelain", "-uall").Output.Replace(".gitignore", ".temperignore", StringComparison.Ordinal), Ours("status", "--porcelain", "-u", "all").Output);
        text += Same("status, second form", Shape(Git("status", "--porcelain=v2", "--branch").Output.Replace(".gitignore", ".temperignore", StringComparison.Ordinal)), Shape(Ours("status", "--porcelain=v2", "--branch").Output));
        text += Matched("ls-files -s", Git("ls-files", "-s").Output, Ours("ls-files", "-s").Output, 1);
        text += Same("diff", Git("diff", "--name-status").Output.Replace(".gitignore", ".temperignore", StringComparison.Ordinal), Ours("diff", "--name-status").Output);
        if (references)
            text += History();
        return text + Same("files", Files(GitPath, ".git"), Files(OurPath, ".temper"));
    }

    private string History()
    {
        var text = Matched("references", Git("for-each-ref", "--format=%(objectname) %(refname)").Output,
            string.Concat(Ours("branch", "--format", "%(objectname) %(refname)").Output.Split('\n').Where(l => l.Contains("refs/", StringComparison.Ordinal)).Select(l => l + "\n")) + Ours("tag", "--format", "%(objectname) %(refname)", "--list").Output, 0);
        text += Matched("log", Git("log", "--all", "--topo-order", "--format=%H %s").Output, Ours("log", "--all", "--topo-order", "--format=%H %s").Output, 0);
        text += Matched("ls-tree", Git("ls-tree", "-r", "HEAD").Output, Ours("ls-tree", "-r", "HEAD").Output, 2);
        text += Matched("HEAD", Head(GitPath, ".git"), Head(OurPath, ".temper"), 0);
        return text;
    }

    public (int Exit, string Output, string Error) Ours(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        string[] all = [words[0], "--at", OurPath, .. words.Skip(1)];
        var parsed = CommandLine.Build(all).Parse(all, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
            return (2, "", string.Join('\n', parsed.Errors.Select(e => e.Message)));
        var exit = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (exit, output.ToString(), error.ToString());
    }

    public (int Exit, string Output, string Error) Git(params string[] words)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = GitPath, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var word in (string[])["-c", "merge.renames=false", "-c", "diff.renames=false", "-c", "status.renames=false", "-c", "advice.detachedHead=false", .. words])
            start.ArgumentList.Add(word);
        start.Environment["HOME"] = _folder.Path;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["TZ"] = "UTC";
        foreach (var role in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{role}_NAME"] = "A";
            start.Environment[$"GIT_{role}_EMAIL"] = "a@x";
            start.Environment[$"GIT_{role}_DATE"] = Date;
        }
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    public void Dispose() => _folder.Dispose();

    private string Date => string.Create(CultureInfo.InvariantCulture, $"@{1_700_000_000 + _step * 60} +0000");

    private void SetDate()
    {
        Environment.SetEnvironmentVariable("TEMPER_AUTHOR_DATE", Date);
        Environment.SetEnvironmentVariable("TEMPER_COMMITTER_DATE", Date);
    }

    /// <summary>A text without the ids in it; that there is none stays.</summary>
    private static string Shape(string text) => Regex.Replace(Regex.Replace(text, "\\b(0{40}|0{64})\\b", "none"), "\\b[0-9a-f]{40,64}\\b", "id");

    private static string Same(string what, string git, string ours) => git == ours ? "" : $"{what}:\n--- git\n{git}\n--- ours\n{ours}\n";

    /// <summary>Compares lines in one column of which ids stand.</summary>
    private string Matched(string what, string git, string ours, int column)
    {
        var (left, right) = (Lines(git), Lines(ours));
        if (left.Count != right.Count)
            return Same(what, git, ours);
        for (var i = 0; i < left.Count; i++)
        {
            var (a, b) = (left[i].Split([' ', '\t'], column + 2), right[i].Split([' ', '\t'], column + 2));
            var (x, y) = (a[column], b[column]);
            (a[column], b[column]) = ("", "");
            if (!a.SequenceEqual(b) || _ids.GetValueOrDefault(x, y) != y || _back.GetValueOrDefault(y, x) != x)
                return Same($"{what} (line {i})", git, ours);
            (_ids[x], _back[y]) = (y, x);
        }
        return "";
    }

    // Files of patterns have another name, which sorts elsewhere among others that begin with a dot: there are none.
    private static List<string> Lines(string text) => [.. text.Replace(".gitignore", ".temperignore", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static string Head(string path, string folder) => File.ReadAllText(Path.Combine(path, folder, "HEAD"));

    private static string Files(string root, string skipped)
    {
        var all = new StringBuilder();
        foreach (var path in Directory.EnumerateFileSystemEntries(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Select(p => Path.GetRelativePath(root, p)).Order(StringComparer.Ordinal))
        {
            if (path == skipped || path.StartsWith(skipped + "/", StringComparison.Ordinal) || Directory.Exists(Path.Combine(root, path)))
                continue;
            var full = Path.Combine(root, path);
            all.Append(!OperatingSystem.IsWindows() && (File.GetUnixFileMode(full) & UnixFileMode.UserExecute) != 0 ? "x " : "- ").Append(path.Replace(".gitignore", ".temperignore", StringComparison.Ordinal)).Append(' ').AppendLine(File.ReadAllText(full).Replace("\n", "\\n", StringComparison.Ordinal));
        }
        return all.ToString();
    }

    private static void Touch(string root, string ignores, string[] words)
    {
        var path = Path.Combine(root, words[1].Replace(".temperignore", ignores, StringComparison.Ordinal));
        switch (words[0])
        {
            case "write":
                MakeRoom(root, path);
                File.WriteAllText(path, words[2]);
                break;
            case "delete" when Directory.Exists(path):
                Directory.Delete(path, true);
                break;
            case "delete":
                if (Directory.Exists(Path.GetDirectoryName(path)))
                    File.Delete(path);
                break;
            case "mode" when !OperatingSystem.IsWindows() && File.Exists(path):
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) ^ (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));
                break;
            case "folder" when !File.Exists(path):
                MakeRoom(root, path);
                Directory.CreateDirectory(path);
                break;
        }
    }

    private static void MakeRoom(string root, string path)
    {
        var parts = Path.GetRelativePath(root, path).Split('/');
        for (var i = 1; i < parts.Length; i++)
            if (Path.Combine([root, .. parts[..i]]) is var above && File.Exists(above))
                File.Delete(above);
        if (Directory.Exists(path))
            Directory.Delete(path, true);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    }
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Temper.Cli;
using Temper.Testing;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>A repository of git and one of ours with the same history; outputs are compared with the ids taken out: commits by their place, other objects altogether.</summary>
internal sealed partial class HistoryPair : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _places = [];
    private int _step;

    public HistoryPair()
    {
        foreach (var name in (string[])["git", "ours"])
            Directory.CreateDirectory(_folder.Of(name));
        Environment.SetEnvironmentVariable("TEMPER_CONFIG_GLOBAL", _folder.Of("none"));
        Both("init", "-q", "-b", "main");
    }

    public void Write(string path, string text)
    {
        foreach (var name in (string[])["git", "ours"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.Of(name, path))!);
            File.WriteAllText(_folder.Of(name, path), text);
        }
    }

    public bool Has(string path)
    {
        Assert.Equal(File.Exists(_folder.Of("git", path)), File.Exists(_folder.Of("ours", path)));
        return File.Exists(_folder.Of("ours", path));
    }

    public string Read(string path)
    {
        Assert.Equal(File.ReadAllText(_folder.Of("git", path)), File.ReadAllText(_folder.Of("ours", path)));
        return File.ReadAllText(_folder.Of("ours", path));
    }

    /// <summary>Gives both the same command, which must end alike.</summary>
    public void Both(params string[] words)
    {
        _step++;
        var (git, ours) = (Git(words), Ours(words));
        Assert.True(git.Exit == ours.Exit, $"{string.Join(' ', words)}: git {git.Exit}, ours {ours.Exit}\n{git.Error}\n{ours.Error}");
    }

    /// <summary>Gives both the same command; what differs in exit code or output, empty when nothing does.</summary>
    public string Compare(string[] words)
    {
        Learn();
        var (git, ours) = (Git(words), Ours(words));
        var (left, right) = (Masked(git.Output), Masked(ours.Output));
        return git.Exit == ours.Exit && left == right ? "" : $"$ {string.Join(' ', words)}\n--- git ({git.Exit})\n{left}{git.Error}\n--- ours ({ours.Exit})\n{right}{ours.Error}\n";
    }

    public void Dispose() => _folder.Dispose();

    private void Learn()
    {
        var format = (string[])["log", "--all", "--topo-order", "--format=%H"];
        foreach (var lines in new[] { Git(format).Output, Ours(format).Output }.Select(o => o.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            for (var i = 0; i < lines.Length; i++)
                _places[lines[i]] = $"<{lines.Length - i}>";
    }

    private string Masked(string text) => IndexLine().Replace(Id().Replace(text, match =>
        _places.Where(p => p.Key.StartsWith(match.Value, StringComparison.Ordinal)).Select(p => p.Value).FirstOrDefault() ?? "#"), "index #");

    private (int Exit, string Output, string Error) Ours(string[] words)
    {
        SetVariables((name, value) => Environment.SetEnvironmentVariable(name, value), "TEMPER");
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        string[] all = [words[0], "--at", _folder.Of("ours"), .. words.Skip(1)];
        var parsed = CommandLine.Build(all).Parse(all, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
            return (129, "", string.Join('\n', parsed.Errors.Select(e => e.Message)));
        var exit = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (exit, output.ToString(), error.ToString());
    }

    private (int Exit, string Output, string Error) Git(string[] words)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = _folder.Of("git"), RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var word in (string[])["-c", "diff.renames=false", "-c", "diff.indentHeuristic=false", .. words])
            start.ArgumentList.Add(word);
        start.Environment["HOME"] = _folder.Path;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        SetVariables((name, value) => start.Environment[name] = value, "GIT");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private void SetVariables(Action<string, string> set, string prefix)
    {
        foreach (var role in (string[])["AUTHOR", "COMMITTER"])
        {
            set($"{prefix}_{role}_NAME", role == "AUTHOR" ? "Ada L" : "Carl");
            set($"{prefix}_{role}_EMAIL", "x@example.org");
            set($"{prefix}_{role}_DATE", string.Create(CultureInfo.InvariantCulture, $"@{1_700_000_000 + _step * 60} +0130"));
        }
    }

    [GeneratedRegex("[0-9a-f]{7,64}", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    // Sides that are in no store have ids of zeroes, and modes stand behind.
    [GeneratedRegex(@"index \S+", RegexOptions.CultureInvariant)]
    private static partial Regex IndexLine();
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Temper.Testing;

namespace Temper.Versioning.Tests;

/// <summary>A repository of git itself, with nothing of the machine's own configuration: what ours is compared with.</summary>
internal sealed class GitPeer : IDisposable
{
    private readonly TempFolder _folder = new();

    public GitPeer() => Run("init", "-q", "-b", "main");

    public string Path => _folder.Path;

    /// <summary>Output of a command that must succeed.</summary>
    public string Run(params string[] arguments) => Try(arguments) is { Exit: 0 } done
        ? done.Output
        : throw new InvalidOperationException($"git {string.Join(' ', arguments)} failed: {Try(arguments).Error}");

    public string[] Lines(params string[] arguments) => Run(arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public (int Exit, string Output, string Error) Try(params string[] arguments) => Feed(null, arguments);

    /// <summary>Runs a command on the given input.</summary>
    public (int Exit, string Output, string Error) Feed(byte[]? input, params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = Path, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var argument in (string[])["-c", "merge.renames=false", "-c", "diff.renames=false", "-c", "core.quotePath=false", .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in new[] { ("HOME", Path), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@x"), ("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@x"), ("GIT_AUTHOR_DATE", "1700000000 +0000"), ("GIT_COMMITTER_DATE", "1700000000 +0000"), ("TZ", "UTC") })
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
            process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Imports a history; the ids of its commits by their place.</summary>
    public string[] Import(IReadOnlyList<Version> history)
    {
        using var stream = new MemoryStream();
        for (var i = 0; i < history.Count; i++)
        {
            var version = history[i];
            Write($"commit refs/heads/c{i}\nmark :{i + 1}\ncommitter A <a@x> {version.AtMs / 1000} +0000\ndata {Encoding.UTF8.GetByteCount(version.Message)}\n{version.Message}\n");
            Write(string.Concat(version.Parents.Select((p, n) => string.Create(CultureInfo.InvariantCulture, $"{(n == 0 ? "from" : "merge")} :{p + 1}\n"))));
            Write("deleteall\n");
            foreach (var (path, file) in version.Files)
            {
                Write($"M {Convert.ToString((int)file.Mode, 8)} inline {path}\ndata {file.Content.Length}\n");
                stream.Write(file.Content);
                Write("\n");
            }
            // Nothing but the first parent is taken over: a commit without one begins a branch of its own.
            Write("\n");
        }
        var done = Feed(stream.ToArray(), "fast-import", "--quiet", "--force", "--export-marks=.git/marks");
        if (done.Exit != 0)
            throw new InvalidOperationException(done.Error);
        var ids = new string[history.Count];
        foreach (var line in File.ReadAllLines(System.IO.Path.Combine(Path, ".git", "marks")))
            ids[int.Parse(line.AsSpan(1, line.IndexOf(' ', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture) - 1] = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return ids;

        void Write(string text) => stream.Write(Encoding.UTF8.GetBytes(text));
    }

    public void Dispose() => _folder.Dispose();
}

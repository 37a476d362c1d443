using System.Diagnostics;

namespace Temper.Bench;

/// <summary>git and git-lfs in a folder of their own, away from whatever the person who measures has configured.</summary>
internal sealed class GitPeer
{
    private readonly string _folder;
    private readonly string _home;

    public GitPeer(string folder, string home, bool lfs)
    {
        (_folder, _home) = (folder, home);
        Directory.CreateDirectory(home);
        File.WriteAllText(Path.Combine(home, "config"), "[user]\n\tname = Bench\n\temail = bench@example.org\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n");
        Run("init", "-q");
        if (!lfs)
            return;
        Run("lfs", "install", "--local");
        Run("lfs", "track", "*.safetensors");
    }

    /// <summary>Runs git to its end; seconds.</summary>
    public double Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = Path.Combine(_home, "config");
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["HOME"] = _home;
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new PeerException($"git {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new PeerException($"git could not be started: {error.Message}. The packages git and git-lfs have it.");
        }
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}

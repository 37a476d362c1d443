using System.Diagnostics;
using System.Globalization;

namespace Temper.Bench;

/// <summary>
/// Many small files by the commands, each a process: everything added and committed, then in turns with git the status, a commit of one changed file
/// (added by name, or found by <c>commit -a</c>), and a clone of the folder. Git flushes its packs and references, not the files of objects that
/// <c>add</c> writes; ours flushes all. Above 200,000 files ours runs alone.
/// </summary>
internal static class SmallFilesBench
{
    private const int MostBesideGit = 200_000;

    public static void Run(string root, Arguments arguments, Dictionary<string, object> fields)
    {
        var (files, rounds) = (arguments.Number("--files", 100_000), arguments.Number("--repeat", 5));
        var times = new CommandTimes();
        var programs = new List<SmallFilesRepository> { new("", Program(arguments), Path.Combine(root, "mine"), root, ["clone"]) };
        if (files <= MostBesideGit)
            programs.Add(new("git_", "git", Path.Combine(root, "git"), root, ["clone", "-q", "--no-hardlinks"]));
        foreach (var program in programs)
            Write(program.Folder, files);
        foreach (var program in programs)
        {
            times.Measure(program.Prefix + "add", () => program.Run("add", "."));
            times.Measure(program.Prefix + "first_commit", () => program.Run("commit", "-q", "-m", "first"));
        }
        // Files that were written just now are looked at again by both until their stamps are old enough.
        Thread.Sleep(2_000);
        for (var round = -1; round < rounds; round++)
        {
            foreach (var program in round % 2 == 0 ? programs : Enumerable.Reverse(programs))
                Round(program, round < 0 ? new() : times, files, round);
        }
        foreach (var program in programs)
            times.Measure(program.Prefix + "clone", () => program.Clone(Path.Combine(root, program.Prefix + "copy")));
        fields["files"] = files;
        times.Tell(fields, "git_");
    }

    private static void Round(SmallFilesRepository program, CommandTimes times, int files, int round)
    {
        times.Measure(program.Prefix + "status", () => program.Run("status", "-s"));
        var (folder, name) = Place(files / 2, files);
        File.WriteAllText(Path.Combine(program.Folder, folder, name), $"round {round} of commits\n");
        times.Measure(program.Prefix + "add_one", () => program.Run("add", $"{folder}/{name}"));
        times.Measure(program.Prefix + "commit_one", () => program.Run("commit", "-q", "-m", "one"));
        File.WriteAllText(Path.Combine(program.Folder, folder, name), $"round {round} of commits of all\n");
        times.Measure(program.Prefix + "commit_all", () => program.Run("commit", "-q", "-a", "-m", "one"));
    }

    private static void Write(string root, int files)
    {
        for (var i = 0; i < files; i++)
        {
            var (folder, name) = Place(i, files);
            if (i < Folders(files))
                Directory.CreateDirectory(Path.Combine(root, folder));
            File.WriteAllText(Path.Combine(root, folder, name), string.Create(CultureInfo.InvariantCulture, $"file {i}, {i * 2654435761L:x16}\n{new string('x', i % 60)}\n"));
        }
    }

    private static int Folders(int files) => files <= MostBesideGit ? 200 : 1000;

    private static (string Folder, string Name) Place(int file, int files) =>
        (string.Create(CultureInfo.InvariantCulture, $"d{file % Folders(files):D3}"), string.Create(CultureInfo.InvariantCulture, $"f{file:D7}.txt"));

    private static string Program(Arguments arguments)
    {
        if (arguments.Text("--temper") is { } named)
            return Path.GetFullPath(named);
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (Path.Combine(folder, "Cli", "bin", "Release", "net10.0", "temper") is var built && File.Exists(built))
                return built;
        throw new UsageException("--only small needs the command: build Cli in Release, or name it with --temper PATH.");
    }
}

/// <summary>One program's repository of small files.</summary>
internal sealed class SmallFilesRepository
{
    private readonly string _program, _home;
    private readonly string[] _clone;

    public SmallFilesRepository(string prefix, string program, string folder, string root, string[] clone)
    {
        (Prefix, Folder, _program, _clone, _home) = (prefix, folder, program, clone, Path.Combine(root, "home"));
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(_home);
        Run("init");
    }

    /// <summary>What its figures are called by.</summary>
    public string Prefix { get; }

    public string Folder { get; }

    public double Run(params string[] line) => Start(Folder, line);

    public double Clone(string to) => Start(_home, [.. _clone, Folder, to]);

    private double Start(string folder, string[] line)
    {
        var start = new ProcessStartInfo(_program, line) { WorkingDirectory = folder };
        foreach (var (name, value) in (KeyValuePair<string, string>[])[new("HOME", _home), new("TEMPER_HOME", _home), new("GIT_CONFIG_NOSYSTEM", "1"),
            new("GIT_AUTHOR_NAME", "Bench"), new("GIT_AUTHOR_EMAIL", "bench@example.org"), new("GIT_COMMITTER_NAME", "Bench"), new("GIT_COMMITTER_EMAIL", "bench@example.org"),
            new("GIT_CONFIG_COUNT", "1"), new("GIT_CONFIG_KEY_0", "gc.auto"), new("GIT_CONFIG_VALUE_0", "0")])
            start.Environment[name] = value;
        return Machine.Run(start).Seconds;
    }
}

/// <summary>Seconds that commands took, and of processors.</summary>
internal sealed class CommandTimes
{
    private readonly Dictionary<string, List<double>> _seconds = new(StringComparer.Ordinal);

    /// <summary>Runs a command and notes both.</summary>
    public void Measure(string name, Func<double> run)
    {
        var cpu = Machine.ChildrenSeconds();
        Add(name + "_s", run());
        Add(name + "_cpu_s", Machine.ChildrenSeconds() - cpu);
    }

    /// <summary>Medians, and ours in shares of the peer's.</summary>
    public void Tell(Dictionary<string, object> fields, string peer)
    {
        foreach (var (name, all) in _seconds)
            fields[name] = Math.Round(Report.Median(all), 3);
        foreach (var (name, all) in _seconds)
            if (_seconds.TryGetValue(peer + name, out var theirs))
                fields[name[..^2] + "_of_git"] = Math.Round(Report.Median(all) / Report.Median(theirs), 3);
    }

    private void Add(string name, double value)
    {
        if (!_seconds.TryGetValue(name, out var all))
            _seconds.Add(name, all = []);
        all.Add(value);
    }
}

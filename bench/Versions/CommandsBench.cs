using System.Diagnostics;

namespace Temper.Bench;

/// <summary>
/// The commands as people type them, each a process: <c>temper add .</c> and <c>temper commit</c>, then <c>temper restore .</c> of deleted files, beside
/// git with git-lfs; in turns, medians of all rounds. One large file (<c>--only large</c>) is measured without the peer.
/// </summary>
internal static class CommandsBench
{
    public static void Run(string root, Arguments arguments, Dictionary<string, object> fields)
    {
        var temper = arguments.Text("--temper") ?? throw new UsageException("--only commands needs --temper PATH, the program to measure.");
        var isLarge = arguments.Text("--only") == "large";
        var (files, bytes, rounds) = (arguments.Number("--files", isLarge ? 1 : 10), (long)arguments.Number("--size", isLarge ? 4096 : 1024) << 20, arguments.Number("--repeat", isLarge ? 1 : 3));
        var seconds = new Dictionary<string, List<double>>();
        var peak = 0.0;
        for (var round = 0; round < rounds; round++)
        {
            var (mine, git) = (Path.Combine(root, "mine"), Path.Combine(root, "git"));
            var ours = new OurProgram(temper, mine, Path.Combine(root, "home-mine"));
            var steps = new List<(string Name, ModelFiles Model, string[][] Commit, string[][] CheckOut, Func<string[], double> Run)>
            {
                ("", new(mine, files, bytes), [["add", "."], ["commit", "-q", "-m", "first"]], [["restore", "."]], line => ours.Run(line)),
            };
            if (!isLarge)
            {
                Directory.CreateDirectory(git);
                var peer = new GitPeer(git, Path.Combine(root, "home"), lfs: true);
                steps.Add(("lfs_", new(git, files, bytes), [["add", "."], ["commit", "-q", "-m", "first"]], [["checkout", "-q", "--", "."]], line => peer.Run(line)));
            }
            if (round % 2 == 1)
                steps.Reverse();
            foreach (var (_, model, _, _, _) in steps)
                model.Write();
            fields["bytes"] = steps[0].Model.WeightBytes;
            foreach (var (name, _, commit, _, run) in steps)
                Measure(seconds, name + "commit", commit, run);
            foreach (var (name, model, _, checkOut, run) in steps)
            {
                foreach (var path in model.Paths)
                    File.Delete(path);
                Measure(seconds, name + "checkout", checkOut, run);
            }
            peak = Math.Max(peak, ours.PeakMb);
            Directory.Delete(root, recursive: true);
        }
        Tell(seconds, fields);
        fields["temper_peak_rss_mb"] = Math.Round(peak, 1);
    }

    private static void Measure(Dictionary<string, List<double>> seconds, string name, string[][] lines, Func<string[], double> run)
    {
        Machine.Settle();
        var cpu = Machine.ChildrenSeconds();
        Add(seconds, name + "_s", lines.Sum(run));
        Add(seconds, name + "_cpu_s", Machine.ChildrenSeconds() - cpu);
    }

    private static void Add(Dictionary<string, List<double>> seconds, string name, double value)
    {
        if (!seconds.TryGetValue(name, out var all))
            seconds[name] = all = [];
        all.Add(value);
    }

    private static void Tell(Dictionary<string, List<double>> seconds, Dictionary<string, object> fields)
    {
        foreach (var (name, all) in seconds.OrderBy(s => s.Key, StringComparer.Ordinal))
            fields[name] = Math.Round(Median(all), 3);
        foreach (var what in (string[])["commit", "checkout"])
            if (seconds.TryGetValue($"lfs_{what}_s", out var theirs))
                fields[$"{what}_times_lfs"] = Math.Round(Median(theirs) / Median(seconds[$"{what}_s"]), 2);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>The program under measurement in a new repository of its own.</summary>
    private sealed class OurProgram
    {
        private readonly string _program, _folder, _home;

        public OurProgram(string program, string folder, string home)
        {
            (_program, _folder, _home) = (Path.GetFullPath(program), folder, home);
            Directory.CreateDirectory(folder);
            Directory.CreateDirectory(home);
            Run("init", "--name", "Bench", "--email", "bench@example.org");
        }

        public double PeakMb { get; private set; }

        public double Run(params string[] line)
        {
            var start = new ProcessStartInfo(_program, line) { WorkingDirectory = _folder };
            (start.Environment["HOME"], start.Environment["TEMPER_HOME"]) = (_home, _home);
            var (seconds, peak) = Machine.Run(start);
            PeakMb = Math.Max(PeakMb, peak);
            return seconds;
        }
    }
}

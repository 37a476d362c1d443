using System.Globalization;

namespace Temper.Hosts.Tests.Versioning;

/// <summary><c>log --graph</c> beside git's, over random histories of branches and merges. TEMPER_GRAPH_HISTORIES says how many.</summary>
[Collection("versioning")]
public sealed class GraphTests
{
    private static readonly string[] Questions =
    [
        "log --graph --all --format=%s", "log --graph --all --oneline --no-decorate", "log --graph --all", "log --graph --format=%s -n 5 main", "log --graph --all --format=format:%s%n%an", "log --graph --first-parent --format=%s main",
        "log --graph --format=%s main..b1", "log --graph --all --no-merges --format=%s", "log --graph --all --format=%B",
    ];

    [Fact]
    public void Graphs_are_drawn_as_git_draws_them()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("TEMPER_GRAPH_HISTORIES"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : 2;
        for (var seed = 1; seed <= count; seed++)
        {
            using var pair = new HistoryPair();
            MakeHistory(pair, (ulong)seed);
            var differences = Questions.Select(q => pair.Compare(q.Split(' '))).Where(d => d.Length > 0).ToList();
            Assert.True(differences.Count == 0, $"history {seed}, {differences.Count} differ:\n{string.Join('\n', differences)}");
        }
    }

    /// <summary>Commits on four branches that merge one another; every branch has files of its own, so that nothing is in conflict.</summary>
    private static void MakeHistory(HistoryPair pair, ulong seed)
    {
        var state = seed * 0x9E3779B97F4A7C15;
        int Below(int limit)
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            return (int)((z ^ z >> 31) % (ulong)limit);
        }
        Commit(pair, "main", 0);
        string[] branches = ["main", "b1", "b2", "b3"];
        foreach (var branch in branches[1..])
            pair.Both("branch", branch, "main");
        for (var step = 1; step <= 22; step++)
        {
            var branch = branches[Below(4)];
            pair.Both("checkout", "-q", branch);
            if (Below(5) < 3)
                Commit(pair, branch, step);
            else
                pair.Both("merge", "-q", "--no-ff", "-m", $"merge {step}", branches[Below(4)]);
        }
    }

    private static void Commit(HistoryPair pair, string branch, int step)
    {
        pair.Write($"{branch}-{step}", "text\n");
        pair.Both("add", "-A");
        pair.Both("commit", "-q", "-m", step % 3 == 0 ? $"{branch} {step}\n\nWith a body\nof two lines." : $"{branch} {step}");
    }
}

using System.Text;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>A file of a history that tests make up.</summary>
internal sealed record VersionFile(byte[] Content, EntryMode Mode = EntryMode.File)
{
    public static implicit operator VersionFile(string text) => new(Encoding.UTF8.GetBytes(text));
}

/// <summary>A commit of a history that tests make up: ours and git's are made from it.</summary>
internal sealed record Version(IReadOnlyList<int> Parents, IReadOnlyDictionary<string, VersionFile> Files, long AtMs, string Message);

internal static class RandomHistory
{
    /// <summary>A history of merges, several first commits and clocks that run wrong. Times differ, all of them.</summary>
    public static List<Version> Make(int seed, int commits)
    {
        var random = new Random(seed);
        var times = Enumerable.Range(0, commits).Select(i => 1_700_000_000_000L + i * 10_000L).ToArray();
        for (var i = 0; i + 1 < commits; i++)
            if (random.Next(5) == 0)
                (times[i], times[i + 1]) = (times[i + 1], times[i]);
        var history = new List<Version>();
        for (var i = 0; i < commits; i++)
        {
            var near = Enumerable.Range(Math.Max(0, i - 6), Math.Min(i, 6)).ToArray();
            random.Shuffle(near);
            var parents = i == 0 || random.Next(25) == 0 ? [] : near.Take(random.Next(3) == 0 ? random.Next(2, 4) : 1).ToArray();
            var files = parents.Length == 0 ? [] : new Dictionary<string, VersionFile>(history[parents[0]].Files);
            // A merge takes files of any side, sometimes all as one of them has them.
            foreach (var path in files.Keys.ToList())
                if (parents.Length > 1 && history[parents[random.Next(parents.Length)]].Files.TryGetValue(path, out var other))
                    files[path] = other;
            if (parents.Length < 2 || random.Next(3) == 0)
                files[$"{(char)('a' + random.Next(3))}/{(char)('x' + random.Next(3))}"] = $"{random.Next(4)}\n";
            history.Add(new(parents, files, times[i], $"commit {i}\n"));
        }
        return history;
    }
}

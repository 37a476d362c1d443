using System.Text;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>Histories that make trouble when they are merged: edits of few different lines, files in the way of folders, modes, links, criss-cross merges.</summary>
internal static class MergeHistory
{
    private static readonly string[] Paths = ["a", "b", "c", "d/a", "d/b", "d/e/f", "a/x", "b/x/y", "c~c3", "é"];

    public static List<Version> Make(int seed, int commits, bool binaries)
    {
        var random = new Random(seed);
        var history = new List<Version>();
        for (var i = 0; i < commits; i++)
        {
            var parents = Parents(random, i);
            var files = parents.Length == 0 ? [] : new Dictionary<string, VersionFile>(history[parents[0]].Files);
            foreach (var path in parents.Length < 2 ? [] : files.Keys.ToList())
                if (random.Next(2) == 0 && history[parents[1]].Files.TryGetValue(path, out var other))
                    files[path] = other;
            for (var edits = i == 0 ? 12 : random.Next(1, 5); edits > 0; edits--)
                Edit(random, files, binaries);
            history.Add(new(parents, files, 1_700_000_000_000L + i * 10_000L, $"commit {i}\n"));
        }
        return history;
    }

    private static int[] Parents(Random random, int at)
    {
        if (at < 3)
            return at == 0 ? [] : [0];
        var near = Enumerable.Range(Math.Max(0, at - 5), Math.Min(at, 5)).ToArray();
        random.Shuffle(near);
        return near[..(random.Next(3) == 0 ? 2 : 1)];
    }

    private static void Edit(Random random, Dictionary<string, VersionFile> files, bool binaries)
    {
        var path = Paths[random.Next(Paths.Length)];
        var known = files.GetValueOrDefault(path);
        if (known is not null && random.Next(8) == 0)
        {
            files.Remove(path);
            return;
        }
        foreach (var inTheWay in files.Keys.Where(p => p.StartsWith(path + "/", StringComparison.Ordinal) || path.StartsWith(p + "/", StringComparison.Ordinal)).ToList())
            files.Remove(inTheWay);
        if (known is null)
            files[path] = new(Text(random, []), random.Next(12) == 0 ? EntryMode.Link : EntryMode.File);
        else if (random.Next(8) == 0 && known.Mode != EntryMode.Link)
            files[path] = known with { Mode = known.Mode == EntryMode.File ? EntryMode.Executable : EntryMode.File };
        else
            files[path] = known with { Content = known.Mode != EntryMode.Link && binaries && random.Next(4) == 0 ? [0, (byte)random.Next(256)] : Text(random, known.Content) };
    }

    /// <summary>A text, or one with some of its lines replaced; few different lines, sometimes no line break at the end, sometimes CR LF.</summary>
    public static byte[] Text(Random random, byte[] from)
    {
        var lines = Encoding.UTF8.GetString(from).Split('\n').ToList();
        if (from.Length == 0)
            lines = [.. Enumerable.Range(0, random.Next(30)).Select(_ => Line(random)), ""];
        for (var cuts = random.Next(1, 4); cuts > 0; cuts--)
        {
            var at = random.Next(lines.Count);
            lines.RemoveRange(at, Math.Min(random.Next(4), lines.Count - at));
            lines.InsertRange(at, Enumerable.Range(0, random.Next(4)).Select(_ => Line(random)));
        }
        if (random.Next(30) == 0)
            lines = [.. lines.Select(l => l.TrimEnd('\r') + "\r")];
        var text = string.Join('\n', lines);
        return Encoding.UTF8.GetBytes(random.Next(10) == 0 ? text.TrimEnd('\n') : text.Length > 0 && text[^1] != '\n' ? text + "\n" : text);
    }

    private static string Line(Random random) => random.Next(5) switch { 0 => "", 1 => "}", 2 => $"line {random.Next(60)}", _ => $"line {random.Next(8)}" };
}

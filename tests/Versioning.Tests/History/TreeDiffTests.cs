using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

public sealed class TreeDiffTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public async Task Two_trees_differ_as_git_says_and_in_its_order(int seed)
    {
        var random = new Random(seed);
        var history = Enumerable.Range(0, 20).Select(i => new Version([], RandomFiles(random), i * 1000, "")).ToList();
        await using var store = await TestStore.NewAsync();
        using var git = new GitPeer();
        var (gits, ours) = (git.Import(history), await store.ImportAsync(history));
        for (var i = 0; i + 1 < gits.Length; i++)
        {
            var expected = git.Lines("diff-tree", "-r", "--name-status", gits[i], gits[i + 1]);
            var (a, b) = ((await store.Objects.ReadCommitAsync(ours[i], Ct)).Tree, (await store.Objects.ReadCommitAsync(ours[i + 1], Ct)).Tree);
            Assert.Equal(expected, await TreeDiff.CompareAsync(store.Objects, a, b, Ct).Select(c => $"{c.Status}\t{c.Path}").ToListAsync(Ct));
            Assert.Equal(git.Lines("diff-tree", "-r", "--name-status", gits[i], gits[i + 1], "--", "a", "é*", ":!a/b"),
                await TreeDiff.CompareAsync(store.Objects, a, b, PathFilter.Of(["a", "é*", ":!a/b"]), Ct).Select(c => $"{c.Status}\t{c.Path}").ToListAsync(Ct));
        }
    }

    [Fact]
    public async Task A_tree_against_nothing_is_all_added()
    {
        await using var store = await TestStore.NewAsync();
        var tree = await store.TreeAsync(new Dictionary<string, VersionFile> { ["x"] = "1", ["d/y"] = "2" });
        Assert.Equal(["A d/y", "A x"], await TreeDiff.CompareAsync(store.Objects, null, tree, Ct).Select(c => $"{c.Status} {c.Path}").ToListAsync(Ct));
        Assert.Equal(["D d/y", "D x"], await TreeDiff.CompareAsync(store.Objects, tree, null, Ct).Select(c => $"{c.Status} {c.Path}").ToListAsync(Ct));
        Assert.Empty(await TreeDiff.CompareAsync(store.Objects, tree, tree, Ct).ToListAsync(Ct));
    }

    private static Dictionary<string, VersionFile> RandomFiles(Random random)
    {
        string[] names = ["a", "a.b", "a-b", "a0", "b", "é", "Ab", "\U00010348", "\uFFE5"];
        var files = new Dictionary<string, VersionFile>();
        for (var i = 0; i < 12; i++)
        {
            var path = string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => names[random.Next(names.Length)]));
            if (!files.Keys.Any(k => k.StartsWith(path + "/", StringComparison.Ordinal) || path.StartsWith(k + "/", StringComparison.Ordinal)))
                files[path] = new([(byte)('0' + random.Next(2))], random.Next(6) switch { 0 => EntryMode.Executable, 1 => EntryMode.Link, _ => EntryMode.File });
        }
        return files;
    }
}

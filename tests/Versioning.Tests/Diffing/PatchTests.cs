using System.Text;
using Temper.Core.Ids;
using Temper.Versioning.Diffing;
using Temper.Versioning.History;

namespace Temper.Versioning.Tests;

/// <summary>Patches and counts of changed lines, against git.</summary>
public sealed class PatchTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Patches_and_their_summary_are_those_of_git(int seed)
    {
        var history = MergeHistory.Make(seed, 25, binaries: true);
        await using var store = await TestStore.NewAsync();
        using var git = new GitPeer();
        git.Import(history);
        var ids = await store.ImportAsync(history);
        for (var i = 0; i + 1 < ids.Length; i++)
        {
            var (patch, stat) = await CompareAsync(store, ids[i], ids[i + 1]);
            Assert.Equal(WithoutIndex(git.Run("diff", "--no-indent-heuristic", "--no-ext-diff", $"c{i}", $"c{i + 1}")), WithoutIndex(patch));
            Assert.Equal(git.Run("diff", "--stat", $"c{i}", $"c{i + 1}"), stat.Table());
            Assert.Equal(git.Run("diff", "--shortstat", $"c{i}", $"c{i + 1}"), stat.Summary());
        }
    }

    [Fact]
    public async Task A_patch_that_git_applies_gives_the_new_files()
    {
        var random = new Random(5);
        for (var i = 0; i < 25; i++)
        {
            var old = MergeHistory.Text(random, []);
            var now = MergeHistory.Text(random, MergeHistory.Text(random, old));
            using var git = new GitPeer();
            await File.WriteAllBytesAsync(Path.Combine(git.Path, "a name"), old);
            var patch = await new Patch(p => p).WriteAsync(new("a name", Version(old), Version(now)), Ct);
            Assert.Equal(old.SequenceEqual(now), patch.Length == 0 || !patch.Contains("@@", StringComparison.Ordinal));
            if (old.SequenceEqual(now))
                continue;
            Assert.Equal((0, "", ""), git.Feed(Encoding.UTF8.GetBytes(patch), "apply", "--whitespace=nowarn"));
            Assert.Equal(now, await File.ReadAllBytesAsync(Path.Combine(git.Path, "a name")));
        }
    }

    [Fact]
    public async Task Texts_that_share_little_are_compared_in_bounded_time_and_right()
    {
        var random = new Random(9);
        var (old, now) = (Lines(random, 6_000), Lines(random, 6_000));
        using var git = new GitPeer();
        await File.WriteAllBytesAsync(Path.Combine(git.Path, "f"), old);
        var patch = await new Patch(p => p).WriteAsync(new("f", Version(old), Version(now)), Ct);
        Assert.Equal((0, "", ""), git.Feed(Encoding.UTF8.GetBytes(patch), "apply", "--whitespace=nowarn"));
        Assert.Equal(now, await File.ReadAllBytesAsync(Path.Combine(git.Path, "f")));
    }

    [Fact]
    public async Task Long_names_and_many_lines_are_scaled_to_the_width_as_git_does()
    {
        var random = new Random(3);
        var (before, after) = (new Dictionary<string, VersionFile>(), new Dictionary<string, VersionFile>());
        foreach (var name in (string[])["a", "a/very/long/path/that/does/not/fit/into/any/line/of/eighty/columns/at/all.txt", "binary"])
        {
            before[name == "a" ? "short" : name] = name == "binary" ? new([0]) : new(Lines(random, 300));
            after[name == "a" ? "short" : name] = name == "binary" ? new([0, 1, 2]) : new(Lines(random, name == "a" ? 3 : 200));
        }
        List<Version> history = [new([], before, 1000, ""), new([0], after, 2000, "")];
        await using var store = await TestStore.NewAsync();
        using var git = new GitPeer();
        git.Import(history);
        var ids = await store.ImportAsync(history);
        var (_, stat) = await CompareAsync(store, ids[0], ids[1]);
        Assert.Equal(git.Run("diff", "--stat", "c0", "c1"), stat.Table());
    }

    private static async Task<(string Patch, DiffStat Stat)> CompareAsync(TestStore store, Digest a, Digest b)
    {
        var (patch, stat, writer) = (new StringBuilder(), new DiffStat(), new Patch(p => p));
        await foreach (var change in TreeDiff.CompareAsync(store.Objects, (await store.Objects.ReadCommitAsync(a, Ct)).Tree, (await store.Objects.ReadCommitAsync(b, Ct)).Tree, Ct))
        {
            var difference = FileDifference.Of(store.Objects, change);
            patch.Append(await writer.WriteAsync(difference, Ct));
            await stat.AddAsync(difference, difference.Path, Ct);
        }
        return (patch.ToString(), stat);
    }

    private static string WithoutIndex(string patch) => string.Join('\n', patch.Split('\n').Where(l => !l.StartsWith("index ", StringComparison.Ordinal)));

    private static byte[] Lines(Random random, int count) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(_ => $"{random.Next(3_000)}\n")));

    private static FileVersion Version(byte[] content) => new(Temper.Versioning.Objects.EntryMode.File, Digest.Of(content), content.Length, _ => ValueTask.FromResult<Stream>(new MemoryStream(content)));
}
